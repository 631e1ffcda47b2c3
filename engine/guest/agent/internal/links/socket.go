// Package links makes network devices with few messages to the kernel, and runs code inside
// other namespaces.
package links

import (
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Socket is a netlink socket in the network namespace it was opened in.
type Socket map[int]*nl.SocketHandle

// Open opens a socket in the calling thread's network namespace.
func Open() (Socket, error) {
	socket, err := nl.GetNetlinkSocketAt(netns.None(), netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	return Socket{unix.NETLINK_ROUTE: {Socket: socket}}, nil
}

// Close closes the socket, which stays in its namespace until then.
func (s Socket) Close() { s[unix.NETLINK_ROUTE].Close() }

func (s Socket) execute(request *nl.NetlinkRequest) error {
	request.Sockets = s
	_, err := request.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// LoopbackIndex is what the kernel numbers lo in every network namespace.
const LoopbackIndex = 1

// Up brings a device up.
func (s Socket) Up(index int) error {
	request := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	up := nl.NewIfInfomsg(unix.AF_UNSPEC)
	up.Index, up.Flags, up.Change = int32(index), unix.IFF_UP, unix.IFF_UP
	request.AddData(up)
	return s.execute(request)
}
