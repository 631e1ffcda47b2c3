// The reference plugins of CNI as one program, which is the plugin that it is called as.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"drydock/cni-plugins/bridge"
	"drydock/cni-plugins/hostlocal"
	"drydock/cni-plugins/loopback"
	"drydock/cni-plugins/portmap"
)

var plugins = map[string]func(){
	"bridge":     bridge.Main,
	"host-local": hostlocal.Main,
	"loopback":   loopback.Main,
	"portmap":    portmap.Main,
}

func main() {
	name := filepath.Base(os.Args[0])
	run, known := plugins[name]
	if !known {
		fmt.Fprintf(os.Stderr, "there is no plugin %q here\n", name)
		os.Exit(1)
	}
	run()
}
