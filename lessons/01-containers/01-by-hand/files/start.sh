# Runs in new namespaces. Makes the overlay the root, then becomes the program it is given.
set -e
hostname by-hand
# What is mounted here must not show outside.
mount --make-rprivate /
cd /var/lib/drydock/by-hand/root
mkdir -p old proc
pivot_root . old
mount -t proc proc /proc
umount -l /old
exec "$@"
