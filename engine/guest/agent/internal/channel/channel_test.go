package channel

import (
	"errors"
	"io"
	"math/rand"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// pair returns a channel and the host's end of it.
func pair(t *testing.T, restarted bool) (*Channel, net.Conn) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	device, hostFile := os.NewFile(uintptr(fds[0]), "device"), os.NewFile(uintptr(fds[1]), "host")
	host, err := net.FileConn(hostFile)
	if err != nil {
		t.Fatal(err)
	}
	hostFile.Close()
	t.Cleanup(func() {
		device.Close()
		host.Close()
	})
	return New(device, restarted), host
}

const (
	nonce      = "0123456789abcdef"
	otherNonce = "fedcba9876543210"
	preamble   = "DRYDOCK/1 " + nonce + "\n"
	answered   = "DRYDOCK/1 " + nonce + " ready\n"
)

func expect(t *testing.T, host net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(host, got); err != nil || string(got) != want {
		t.Fatalf("the host read %q (%v), want %q", got, err, want)
	}
}

func TestAcceptFindsThePreamble(t *testing.T) {
	noise := make([]byte, 100_000)
	rand.New(rand.NewSource(1)).Read(noise)
	for name, before := range map[string]string{
		"at once":                 "",
		"behind half a line":      "garbage",
		"behind lines":            "DRYDOCK/1 short\nDRYDOCK/2 " + nonce + "\n\n",
		"behind upper case":       "DRYDOCK/1 0123456789ABCDEF\n",
		"behind noise":            string(noise),
		"behind half a preamble":  "DRYDOCK/1 0123" + preamble[:5],
		"behind more than a page": strings.Repeat("x", readBuffer+1),
	} {
		t.Run(name, func(t *testing.T) {
			line, host := pair(t, false)
			go io.WriteString(host, before+preamble)
			conn, err := line.Accept()
			if err != nil {
				t.Fatal(err)
			}
			expect(t, host, answered)
			if conn.nonce != nonce {
				t.Errorf("nonce %s", conn.nonce)
			}
		})
	}
}

// ping is a whole frame without payload, data one with.
var (
	ping = "\x00\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x07"
	data = "\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x05hello"
)

func TestReadPassesFramesOnly(t *testing.T) {
	longest := "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x40\x00"
	tests := map[string]struct {
		sent, want string
		err        error
	}{
		"frames":                       {ping + data + ping, ping + data + ping, io.EOF},
		"newlines between frames":      {"\n\n" + data + "\n" + ping, data + ping, io.EOF},
		"own preamble again":           {preamble + data + preamble + ping, data + ping, io.EOF},
		"new preamble":                 {data + "DRYDOCK/1 " + otherNonce + "\n", data, ErrReset},
		"new preamble inside a frame":  {longest + strings.Repeat("\n", MaxPayload) + "\nDRYDOCK/1 " + otherNonce + "\n", longest + strings.Repeat("\n", MaxPayload), ErrReset},
		"garbage":                      {data + "garbage", data, ErrGarbage},
		"unknown type":                 {"\x00\x04" + ping[2:], "", ErrGarbage},
		"unknown flag":                 {ping[:2] + "\x10" + ping[3:], "", ErrGarbage},
		"payload longer than allowed":  {"\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x40\x01", "", ErrGarbage},
		"a word that starts like ours": {"DRYDOCK/1 and something else, long enough\n", "", ErrGarbage},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			line, host := pair(t, false)
			go func() {
				io.WriteString(host, preamble+test.sent)
				host.(*net.UnixConn).CloseWrite()
			}()
			conn, err := line.Accept()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(conn)
			if err == nil {
				err = io.EOF
			}
			if string(got) != test.want || !errors.Is(err, test.err) {
				t.Errorf("read %d bytes and %v, want %d and %v", len(got), err, len(test.want), test.err)
			}
		})
	}
}

func TestNextSession(t *testing.T) {
	line, host := pair(t, false)
	go io.WriteString(host, preamble+data+"DRYDOCK/1 "+otherNonce+"\n"+ping)
	conn, err := line.Accept()
	if err != nil {
		t.Fatal(err)
	}
	io.ReadAll(conn)
	conn.Close()
	if _, err := conn.Write([]byte("late")); err == nil {
		t.Error("a closed session could still write")
	}
	second, err := line.Accept()
	if err != nil {
		t.Fatal(err)
	}
	expect(t, host, answered+"DRYDOCK/1 "+otherNonce+" ready\n")
	host.(*net.UnixConn).CloseWrite()
	if got, _ := io.ReadAll(second); string(got) != ping {
		t.Errorf("the second session read %q", got)
	}
}

func TestAnnouncesALostSession(t *testing.T) {
	t.Run("after garbage", func(t *testing.T) {
		line, host := pair(t, false)
		go io.WriteString(host, preamble+"garbage")
		conn, _ := line.Accept()
		io.ReadAll(conn)
		conn.Close()
		go line.Accept()
		expect(t, host, answered+"DRYDOCK/1 waiting\n")
	})
	t.Run("after a restart, past any frame", func(t *testing.T) {
		line, host := pair(t, true)
		go line.Accept()
		expect(t, host, strings.Repeat("\n", largestFrame)+"DRYDOCK/1 waiting\n")
	})
}

func TestWriteJoinsHeaderAndPayload(t *testing.T) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET, 0)
	if err != nil {
		t.Fatal(err)
	}
	device := os.NewFile(uintptr(fds[0]), "device")
	defer device.Close()
	defer syscall.Close(fds[1])
	conn := &Conn{channel: New(device, false)}
	conn.Write([]byte(data[:headerBytes]))
	conn.Write([]byte(data[headerBytes:]))
	conn.Write([]byte(ping))
	for _, want := range []string{data, ping} {
		packet := make([]byte, 100)
		n, err := syscall.Read(fds[1], packet)
		if err != nil || string(packet[:n]) != want {
			t.Errorf("one write brought %q (%v), want %q", packet[:n], err, want)
		}
	}
}
