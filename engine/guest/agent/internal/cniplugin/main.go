package cniplugin

import (
	"encoding/json"
	"io"
	"os"
	"strings"

	"drydock/agent/internal/cni"
	"drydock/agent/internal/process"
)

// Main is the plugin as a program: the call is in the environment and on standard input. It
// returns the exit status.
func Main() int {
	stdin, err := io.ReadAll(os.Stdin)
	if err != nil {
		return 1
	}
	output, err := New(process.NewReaper()).Serve(cni.Call{
		Command: os.Getenv("CNI_COMMAND"), ContainerID: os.Getenv("CNI_CONTAINERID"), Netns: os.Getenv("CNI_NETNS"),
		IfName: os.Getenv("CNI_IFNAME"), Args: os.Getenv("CNI_ARGS"), Path: os.Getenv("CNI_PATH"), Stdin: stdin,
	})
	if err != nil {
		refused := err.(*cni.Error)
		refused.Version = version
		output, _ = json.Marshal(refused)
	}
	if len(output) > 0 {
		_, _ = os.Stdout.Write(append(output, '\n'))
	}
	if err != nil {
		return 1
	}
	return 0
}

// checkCall finds variables that the command needs and the environment lacks.
func checkCall(call cni.Call) error {
	switch call.Command {
	case "ADD", "DEL", "CHECK":
	case "":
		return &cni.Error{Code: codeEnvironment, Msg: "required env variables [CNI_COMMAND] missing"}
	default:
		return &cni.Error{Code: codeEnvironment, Msg: "unknown CNI_COMMAND: " + call.Command}
	}
	var missing []string
	for _, variable := range []struct {
		name, value string
		needed      bool
	}{
		{"CNI_CONTAINERID", call.ContainerID, true},
		{"CNI_NETNS", call.Netns, call.Command != "DEL"},
		{"CNI_IFNAME", call.IfName, true},
	} {
		if variable.needed && variable.value == "" {
			missing = append(missing, variable.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &cni.Error{Code: codeEnvironment, Msg: "required env variables [" + strings.Join(missing, ",") + "] missing"}
}
