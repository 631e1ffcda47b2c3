// Package kubernetes is what CoreDNS asks of client-go's clientset: five kinds, to be read.
//
// The whole clientset knows every kind that there is, and how to apply each.
package kubernetes

import (
	"context"
	"net/http"
	"time"

	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

// Interface is the API server, as far as CoreDNS asks it.
type Interface interface {
	CoreV1() Core
	DiscoveryV1() Discovery
}

// Clientset asks over HTTP.
type Clientset struct {
	core      Core
	discovery Discovery
}

// NewForConfig returns a client whose groups share their connections.
func NewForConfig(config *rest.Config) (*Clientset, error) {
	connections, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	coreClient, err := clientOf(config, connections, "/api", core.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	discoveryClient, err := clientOf(config, connections, "/apis", discovery.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	return &Clientset{core: Core{coreClient}, discovery: Discovery{discoveryClient}}, nil
}

func (c *Clientset) CoreV1() Core           { return c.core }
func (c *Clientset) DiscoveryV1() Discovery { return c.discovery }

// Core is the group without a name.
type Core struct{ client rest.Interface }

func (c Core) Namespaces() Reader[*core.NamespaceList] {
	return Reader[*core.NamespaceList]{c.client, "", "namespaces", func() *core.NamespaceList { return &core.NamespaceList{} }}
}

func (c Core) Pods(namespace string) Reader[*core.PodList] {
	return Reader[*core.PodList]{c.client, namespace, "pods", func() *core.PodList { return &core.PodList{} }}
}

func (c Core) Services(namespace string) Reader[*core.ServiceList] {
	return Reader[*core.ServiceList]{c.client, namespace, "services", func() *core.ServiceList { return &core.ServiceList{} }}
}

func (c Core) Nodes() Nodes { return Nodes(c) }

// Nodes are asked for one by one.
type Nodes struct{ client rest.Interface }

func (n Nodes) Get(ctx context.Context, name string, options meta.GetOptions) (*core.Node, error) {
	node := &core.Node{}
	err := n.client.Get().Resource("nodes").Name(name).VersionedParams(&options, parameters).Do(ctx).Into(node)
	return node, err
}

// Discovery is the group discovery.k8s.io.
type Discovery struct{ client rest.Interface }

func (d Discovery) EndpointSlices(namespace string) Reader[*discovery.EndpointSliceList] {
	return Reader[*discovery.EndpointSliceList]{d.client, namespace, "endpointslices", func() *discovery.EndpointSliceList { return &discovery.EndpointSliceList{} }}
}

// Reader lists and watches the objects of one resource, in one namespace or (when it is empty) in all.
type Reader[L runtime.Object] struct {
	client    rest.Interface
	namespace string
	resource  string
	empty     func() L
}

func (r Reader[L]) List(ctx context.Context, options meta.ListOptions) (L, error) {
	list := r.empty()
	err := r.request(options).Do(ctx).Into(list)
	return list, err
}

func (r Reader[L]) Watch(ctx context.Context, options meta.ListOptions) (watch.Interface, error) {
	options.Watch = true
	return r.request(options).Watch(ctx)
}

func (r Reader[L]) request(options meta.ListOptions) *rest.Request {
	request := r.client.Get().NamespaceIfScoped(r.namespace, r.namespace != "").Resource(r.resource).VersionedParams(&options, parameters)
	if options.TimeoutSeconds != nil {
		request = request.Timeout(time.Duration(*options.TimeoutSeconds) * time.Second)
	}
	return request
}

var (
	types      = runtime.NewScheme()
	codecs     = serializer.NewCodecFactory(types)
	parameters = runtime.NewParameterCodec(types)
)

func init() {
	meta.AddToGroupVersion(types, schema.GroupVersion{Version: "v1"})
	utilruntime.Must(core.AddToScheme(types))
	utilruntime.Must(discovery.AddToScheme(types))
}

func clientOf(config *rest.Config, connections *http.Client, path string, version schema.GroupVersion) (rest.Interface, error) {
	own := *config
	own.APIPath = path
	own.GroupVersion = &version
	own.NegotiatedSerializer = codecs.WithoutConversion()
	return rest.RESTClientForConfigAndClient(&own, connections)
}
