package network

import (
	"net"

	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// vethInfoPeer is VETH_INFO_PEER of linux/veth.h.
const vethInfoPeer = 1

// routeSocket is a netlink socket in the network namespace it was opened in.
type routeSocket map[int]*nl.SocketHandle

func openRouteSocket() (routeSocket, error) {
	socket, err := nl.GetNetlinkSocketAt(netns.None(), netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	return routeSocket{unix.NETLINK_ROUTE: {Socket: socket}}, nil
}

func (s routeSocket) Close() { s[unix.NETLINK_ROUTE].Close() }

func (s routeSocket) execute(request *nl.NetlinkRequest) error {
	request.Sockets = s
	_, err := request.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// vethPair is two devices joined back to back: host on a bridge, device in a namespace.
type vethPair struct {
	host     string
	bridge   int
	device   string
	hardware net.HardwareAddr
	// mtu is the kernel's own choice when 0
	mtu int
	// namespace is a file descriptor
	namespace int
}

// add makes both ends, brings the machine's up on the bridge, and moves the other into the
// namespace under its name and address: one message to the kernel, where the netlink
// package's own functions need three. The other end cannot come up in the same message.
func (p vethPair) add(socket routeSocket) error {
	request := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	up := nl.NewIfInfomsg(unix.AF_UNSPEC)
	up.Flags, up.Change = unix.IFF_UP, unix.IFF_UP
	request.AddData(up)
	request.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(p.host)))
	request.AddData(nl.NewRtAttr(unix.IFLA_MASTER, nl.Uint32Attr(uint32(p.bridge))))
	if p.mtu > 0 {
		request.AddData(nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(uint32(p.mtu))))
	}
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("veth"))
	data := info.AddRtAttr(nl.IFLA_INFO_DATA, nil)
	peer := data.AddRtAttr(vethInfoPeer, nil)
	peer.AddChild(nl.NewIfInfomsg(unix.AF_UNSPEC))
	peer.AddRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(p.device))
	peer.AddRtAttr(unix.IFLA_ADDRESS, p.hardware)
	if p.mtu > 0 {
		peer.AddRtAttr(unix.IFLA_MTU, nl.Uint32Attr(uint32(p.mtu)))
	}
	peer.AddRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(p.namespace)))
	request.AddData(info)
	return socket.execute(request)
}

// remove deletes the machine's end, and with it the other.
func (p vethPair) remove(socket routeSocket) error {
	request := nl.NewNetlinkRequest(unix.RTM_DELLINK, unix.NLM_F_ACK)
	request.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	request.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(p.host)))
	return socket.execute(request)
}
