kubectl proxy --port 8001 >/dev/null &
API=http://127.0.0.1:8001/api/v1/namespaces/default/configmaps
until curl -s -o /dev/null $API; do sleep 0.2; done
curl -sN "$API?watch=1&timeoutSeconds=3" | jq --unbuffered -rc '[.type, .object.metadata.name, .object.data.text // ""]' &
sleep 1
curl -s -X PATCH $API/note -H 'Content-Type: application/merge-patch+json' -d '{"data":{"text":"watched"}}' -o /dev/null
wait %2
kill %1
