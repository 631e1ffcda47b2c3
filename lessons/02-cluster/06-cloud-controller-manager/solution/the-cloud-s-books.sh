kubectl get nodes -o custom-columns=NAME:.metadata.name,ID:.spec.providerID
