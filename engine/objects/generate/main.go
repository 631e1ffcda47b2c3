// Command generate writes the built-in schemas and TypeScript types of engine/objects from the
// Go modules that define the Kubernetes API. It works in two steps, because upstream's generator
// emits Go: kube-openapi reads the types' source and writes their OpenAPI definitions as a Go file
// next to ./definitions, and that program, built with the file, turns them into JSON and
// TypeScript.
//
// Usage: go run . OUTPUT-DIRECTORY
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"k8s.io/gengo/v2"
	"k8s.io/gengo/v2/generator"
	"k8s.io/kube-openapi/cmd/openapi-gen/args"
	"k8s.io/kube-openapi/pkg/generators"
)

// sources are the packages whose types can appear in a request or response of a served group.
var sources = []string{
	"k8s.io/api/admissionregistration/v1",
	"k8s.io/api/apps/v1",
	"k8s.io/api/authentication/v1",
	"k8s.io/api/authorization/v1",
	"k8s.io/api/autoscaling/v1",
	"k8s.io/api/autoscaling/v2",
	"k8s.io/api/batch/v1",
	"k8s.io/api/certificates/v1",
	"k8s.io/api/coordination/v1",
	"k8s.io/api/core/v1",
	"k8s.io/api/discovery/v1",
	"k8s.io/api/events/v1",
	"k8s.io/api/flowcontrol/v1",
	"k8s.io/api/networking/v1",
	"k8s.io/api/node/v1",
	"k8s.io/api/policy/v1",
	"k8s.io/api/rbac/v1",
	"k8s.io/api/resource/v1",
	"k8s.io/api/scheduling/v1",
	// Job embeds its Workload types.
	"k8s.io/api/scheduling/v1alpha3",
	"k8s.io/api/storage/v1",
	"k8s.io/api/storagemigration/v1",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1",
	"k8s.io/apimachinery/pkg/api/resource",
	"k8s.io/apimachinery/pkg/apis/meta/v1",
	"k8s.io/apimachinery/pkg/runtime",
	"k8s.io/apimachinery/pkg/util/intstr",
	"k8s.io/apimachinery/pkg/version",
	"k8s.io/kube-aggregator/pkg/apis/apiregistration/v1",
}

const definitionsFile = "zz_generated.openapi.go"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . OUTPUT-DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(output string) error {
	output, err := filepath.Abs(output)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(output); err != nil {
		return err
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return err
	}
	arguments := args.New()
	arguments.OutputDir = "definitions"
	arguments.OutputPkg = "main"
	arguments.OutputFile = definitionsFile
	// Upstream's own rule violations (names that upstream keeps for compatibility).
	arguments.ReportFilename = os.DevNull
	// Types carry an OpenAPIModelName method; naming a file makes the generator call it.
	arguments.OutputModelNameFile = "zz_generated.model_name.go"
	targets := func(context *generator.Context) []generator.Target {
		return generators.GetOpenAPITargets(context, arguments, []byte("//go:build definitions\n\n"))
	}
	err = gengo.Execute(generators.NameSystems(), generators.DefaultNameSystem(), targets, gengo.StdBuildTag, sources)
	if err != nil {
		return fmt.Errorf("read the types: %w", err)
	}
	command := exec.Command("go", "run", "-tags", "definitions", "./definitions", output)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("write the schemas: %w", err)
	}
	return nil
}
