kubectl proxy --port 8001 >/dev/null &
cd ~/work/kube-apiserver
API=http://127.0.0.1:8001/api/v1/namespaces/default/configmaps
until curl -s -o /dev/null $API; do sleep 0.2; done
curl -s $API -H 'Content-Type: application/json' -d @note.json
curl -s -X PATCH $API/note -H 'Content-Type: application/merge-patch+json' -d '{"data":{"text":"patched"}}' -o /dev/null
kill %1
