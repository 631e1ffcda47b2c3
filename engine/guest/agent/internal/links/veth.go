package links

import (
	"fmt"
	"hash/fnv"
	"net"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// vethInfoPeer is VETH_INFO_PEER of linux/veth.h.
const vethInfoPeer = 1

// VethPair is two devices joined back to back: Host on a bridge, Device in a namespace.
type VethPair struct {
	Host     string
	Bridge   int
	Device   string
	Hardware net.HardwareAddr
	// MTU is the kernel's own choice when 0
	MTU int
	// Namespace is a file descriptor
	Namespace int
}

// Add makes both ends, brings the machine's up on the bridge, and moves the other into the
// namespace under its name and address: one message to the kernel, where the netlink
// package's own functions need three. The other end cannot come up in the same message.
func (p VethPair) Add(socket Socket) error {
	request := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	up := nl.NewIfInfomsg(unix.AF_UNSPEC)
	up.Flags, up.Change = unix.IFF_UP, unix.IFF_UP
	request.AddData(up)
	request.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(p.Host)))
	request.AddData(nl.NewRtAttr(unix.IFLA_MASTER, nl.Uint32Attr(uint32(p.Bridge))))
	if p.MTU > 0 {
		request.AddData(nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(uint32(p.MTU))))
	}
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("veth"))
	data := info.AddRtAttr(nl.IFLA_INFO_DATA, nil)
	peer := data.AddRtAttr(vethInfoPeer, nil)
	peer.AddChild(nl.NewIfInfomsg(unix.AF_UNSPEC))
	peer.AddRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(p.Device))
	peer.AddRtAttr(unix.IFLA_ADDRESS, p.Hardware)
	if p.MTU > 0 {
		peer.AddRtAttr(unix.IFLA_MTU, nl.Uint32Attr(uint32(p.MTU)))
	}
	peer.AddRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(p.Namespace)))
	request.AddData(info)
	return socket.execute(request)
}

// Remove deletes the machine's end, and with it the other.
func (p VethPair) Remove(socket Socket) error {
	request := nl.NewNetlinkRequest(unix.RTM_DELLINK, unix.NLM_F_ACK)
	request.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	request.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(p.Host)))
	return socket.execute(request)
}

// HostDevice names the machine's end of a pair after a sandbox and the device in it.
func HostDevice(sandbox, device string) string {
	sum := fnv.New32a()
	sum.Write([]byte(sandbox + "/" + device))
	return fmt.Sprintf("veth%08x", sum.Sum32())
}
