package network

import "drydock/agent/internal/mux"

// Register adds the operations on bridges, ports and sandboxes.
func (n *Network) Register(registry *mux.Registry) {
	mux.Action(registry, "bridge.ensure", n.ensureBridge)
	mux.Action(registry, "bridge.remove", n.removeBridge)
	mux.Action(registry, "port.publish", n.publish)
	mux.Action(registry, "port.withdraw", n.withdraw)
	mux.Call(registry, "sandbox.list", func(struct{}) (listReply, error) { return n.list() })
	mux.Call(registry, "sandbox.create", n.createSandbox)
	mux.Action(registry, "sandbox.remove", n.removeSandbox)
	mux.Action(registry, "sandbox.connect", n.connectSandbox)
	mux.Action(registry, "sandbox.disconnect", n.disconnectSandbox)
	mux.Action(registry, "sandbox.name", n.nameSandbox)
	mux.Call(registry, "conntrack.forget", n.forgetFlows)
	mux.Call(registry, "sandbox.stats", func(request struct {
		ID string `json:"id"`
	}) (sandboxStats, error) {
		return n.statsOf(request.ID)
	})
	mux.Call(registry, "cni.status", func(struct{}) (statusReply, error) { return n.status(), nil })
}
