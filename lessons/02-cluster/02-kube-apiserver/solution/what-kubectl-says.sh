kubectl get --raw /apis/apps/v1 | jq -r '.resources[] | "\(.name)\t\(.verbs | join(" "))"'
