# Commands for this shell: . ~/work/etcd/etcd.sh
# In production one uses etcdctl. These send the same requests, as JSON.
PKI=/etc/kubernetes/pki

# etcd PATH BODY: one request to etcd, with the certificate that the API server has for it
etcd() {
  curl -sS --retry 2 --retry-all-errors https://127.0.0.1:2379"$1" -d "$2" --cacert $PKI/etcd/ca.crt \
    --cert $PKI/apiserver-etcd-client.crt --key $PKI/apiserver-etcd-client.key
}

# etcd wants keys and values in base64.
coded() { printf %s "$1" | base64 -w0; }

# etcd-keys PREFIX: names of keys. The range ends before the prefix with its last / replaced by 0, the next character.
etcd-keys() {
  etcd /v3/kv/range "{\"key\":\"$(coded "$1")\",\"range_end\":\"$(coded "${1%/}0")\",\"keys_only\":true}" |
    jq -r '.kvs[]?.key | @base64d'
}

# etcd-get KEY [REVISION]: the value of a key, now or as it was
etcd-get() {
  etcd /v3/kv/range "{\"key\":\"$(coded "$1")\",\"revision\":\"${2:-0}\"}" | jq -r '.kvs[]?.value | @base64d'
}

# etcd-backup: all keys and values
etcd-backup() {
  etcd /v3/kv/range "{\"key\":\"$(coded /registry/)\",\"range_end\":\"$(coded /registry0)\"}"
}

# etcd-restore FILE KEY: puts a key of a backup back
etcd-restore() {
  etcd /v3/kv/put "$(jq -c --arg key "$(coded "$2")" '.kvs[] | select(.key == $key) | {key, value}' "$1")"
}
