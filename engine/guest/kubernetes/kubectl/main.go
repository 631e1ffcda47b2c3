// kubectl, built from Kubernetes' own module. Its main is not in that module; this one does the same.
package main

import (
	"flag"
	"log"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/logs/klogflags"
	"k8s.io/klog/v2"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/plugin"
	"k8s.io/kubectl/pkg/cmd/util"
)

// Collecting garbage costs more instructions than a command that ends within a second ever needs back.
const memoryLimit = 48 << 20

func main() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memoryLimit)
	if err := run(); err != nil {
		util.CheckErr(err)
	}
}

// run is k8s.io/component-base/cli.RunNoErrOutput without what would have every start set up metrics.
func run() error {
	defer klog.Flush()
	flags := flag.NewFlagSet("logging", flag.ContinueOnError)
	klogflags.Init(flags)
	flushFrequency := flags.Duration("log-flush-frequency", 5*time.Second, "Maximum number of seconds between log flushes")
	// Before the command is made: that already finds plugins and reads preferences, which -v shows.
	if err := flags.Set("v", cmd.GetLogVerbosity(os.Args)); err != nil {
		klog.V(0).ErrorS(err, "verbosity")
	}

	command := newCommand()
	command.SetGlobalNormalizationFunc(cliflag.WordSepNormalizeFunc)
	command.SilenceErrors = true
	flags.VisitAll(func(option *flag.Flag) {
		converted := pflag.PFlagFromGoFlag(option)
		if option.Name == "vmodule" {
			converted.Usage += " (only works for the default text log format)"
		}
		command.PersistentFlags().AddFlag(converted)
	})
	prepare := command.PersistentPreRunE
	command.PersistentPreRunE = func(command *cobra.Command, arguments []string) error {
		log.SetOutput(logWriter{})
		log.SetFlags(0)
		klog.StartFlushDaemon(*flushFrequency)
		klog.EnableContextualLogging(false)
		return prepare(command, arguments)
	}
	return command.Execute()
}

// newCommand is cmd.NewDefaultKubectlCommand with clients that speak JSON, for which types' Protocol Buffers are not needed.
func newCommand() *cobra.Command {
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	flags := genericclioptions.NewConfigFlags(true).
		WithDeprecatedPasswordFlag().
		WithDiscoveryBurst(300).
		WithDiscoveryQPS(50).
		WithWarningPrinter(streams)
	flags.WrapConfigFn = func(config *rest.Config) *rest.Config {
		config.ContentType = runtime.ContentTypeJSON
		return config
	}
	return cmd.NewDefaultKubectlCommandWithArgs(cmd.KubectlOptions{
		PluginHandler: cmd.NewDefaultPluginHandler(plugin.ValidPluginFilenamePrefixes),
		Arguments:     os.Args,
		ConfigFlags:   flags,
		IOStreams:     streams,
	})
}

// logWriter sends what libraries log to where kubectl logs.
type logWriter struct{}

func (logWriter) Write(line []byte) (int, error) {
	klog.InfoDepth(1, string(line))
	return len(line), nil
}
