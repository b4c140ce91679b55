package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// collector reads the engine when Prometheus asks. prometheus.Collector.
type collector struct {
	// immutable after construction
	read     func() Reading
	families []family
	descs    []*prometheus.Desc
}

func newCollector(read func() Reading) *collector {
	c := &collector{read: read}
	for _, s := range families() {
		for _, f := range s.families {
			c.families = append(c.families, f)
			c.descs = append(c.descs, prometheus.NewDesc(f.name, f.help, f.labels, nil))
		}
	}
	return c
}

// Describe says which metrics there are. prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range c.descs {
		to <- desc
	}
}

// Collect takes one reading and says it. prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	r := c.read()
	for i, f := range c.families {
		f.read(&r, &sayer{kind: f.kind, desc: c.descs[i], to: to})
	}
}

// newRegistry registers the engine, the Go runtime and, where the system tells,
// the process. It is our own: what libraries register by themselves is not shown.
func newRegistry(read func() Reading) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(newCollector(read), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}
