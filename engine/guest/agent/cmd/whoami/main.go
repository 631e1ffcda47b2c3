// whoami is a small HTTP server that answers with what it is and what it was asked: host
// name, addresses, and the request as it arrived. Lessons use it to see which container
// answered.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"time"
)

// headerTimeout ends connections that never ask.
const headerTimeout = 30 * time.Second

func main() {
	port := flag.Int("port", 80, "TCP port to listen on")
	name := flag.String("name", os.Getenv("WHOAMI_NAME"), "a name to answer with, besides the host name")
	flag.Parse()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(writer http.ResponseWriter, request *http.Request) {
		writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
		describe(*name, request).writeText(writer)
	})
	mux.HandleFunc("/api", func(writer http.ResponseWriter, request *http.Request) {
		writer.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(writer).Encode(describe(*name, request))
	})
	mux.HandleFunc("/health", func(writer http.ResponseWriter, _ *http.Request) {
		writer.WriteHeader(http.StatusOK)
	})
	server := &http.Server{Addr: ":" + strconv.Itoa(*port), Handler: mux, ReadHeaderTimeout: headerTimeout}
	log.SetFlags(0)
	log.Printf("whoami listens on port %d", *port)
	log.Fatal(server.ListenAndServe())
}

type answer struct {
	Name       string      `json:"name,omitempty"`
	Hostname   string      `json:"hostname"`
	Addresses  []string    `json:"addresses"`
	RemoteAddr string      `json:"remoteAddr"`
	Method     string      `json:"method"`
	URL        string      `json:"url"`
	Protocol   string      `json:"protocol"`
	Host       string      `json:"host"`
	Headers    http.Header `json:"headers"`
}

func describe(name string, request *http.Request) answer {
	hostname, _ := os.Hostname()
	result := answer{
		Name: name, Hostname: hostname, RemoteAddr: request.RemoteAddr,
		Method: request.Method, URL: request.URL.RequestURI(), Protocol: request.Proto, Host: request.Host, Headers: request.Header,
	}
	addresses, _ := net.InterfaceAddrs()
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok {
			result.Addresses = append(result.Addresses, network.IP.String())
		}
	}
	return result
}

func (a answer) writeText(out io.Writer) {
	if a.Name != "" {
		fmt.Fprintln(out, "Name:", a.Name)
	}
	fmt.Fprintln(out, "Hostname:", a.Hostname)
	for _, address := range a.Addresses {
		fmt.Fprintln(out, "IP:", address)
	}
	fmt.Fprintf(out, "RemoteAddr: %s\n%s %s %s\nHost: %s\n", a.RemoteAddr, a.Method, a.URL, a.Protocol, a.Host)
	names := make([]string, 0, len(a.Headers))
	for name := range a.Headers {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, value := range a.Headers[name] {
			fmt.Fprintf(out, "%s: %s\n", name, value)
		}
	}
}
