package opencensus

import (
	"slices"
	"strings"
	"time"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// remember replaces what the stream knows by what read finds in m.
func (d *decoder) remember(what *signal.Attrs, m []byte, read func(*signal.Attrs, []byte)) {
	if len(m) > nodeMax {
		d.fail(errNode)
		return
	}
	var views signal.Attrs
	read(&views, m)
	kept := make(signal.Attrs, len(views))
	for i, a := range views {
		kept[i] = signal.Attr{Key: strings.Clone(a.Key), Value: a.Value}
		if a.Value.Kind() == signal.KindString {
			kept[i].Value = signal.Str(strings.Clone(a.Value.Text()))
		}
	}
	*what = kept
	d.stream.attrs = slices.Concat(d.stream.node, d.stream.resource)
}

// languages are OpenCensus's numbers in OpenTelemetry's words.
var languages = [...]string{"", "cpp", "dotnet", "erlang", "go", "java", "nodejs", "php", "python", "ruby", "webjs"}

// node reads a Node: a process and the library in it.
func (d *decoder) node(attrs *signal.Attrs, m []byte) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			d.process(attrs, f.Bytes())
		case 2:
			d.library(attrs, f.Bytes())
		case 3:
			for in := d.scan(f.Bytes()); in.Next(); {
				if in.Num == 1 {
					d.textAttr(attrs, "service.name", in.Text())
				}
			}
		case 4:
			key, value := d.entry(f.Bytes())
			d.textAttr(attrs, key, wire.View(value))
		}
	}
}

func (d *decoder) process(attrs *signal.Attrs, m []byte) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			d.textAttr(attrs, "host.name", f.Text())
		case 2:
			*attrs = d.arena.Attrs.Push(*attrs, signal.Attr{Key: "process.pid", Value: signal.Int(int64(uint32(f.Uint())))})
		case 3:
			if at := d.timestamp(f.Bytes()); at != 0 {
				d.textAttr(attrs, "process.creation.time", at.Std().Format(time.RFC3339Nano))
			}
		}
	}
}

func (d *decoder) library(attrs *signal.Attrs, m []byte) {
	said := len(*attrs)
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			if n := f.Uint(); n < uint64(len(languages)) {
				d.textAttr(attrs, "telemetry.sdk.language", languages[n])
			}
		case 2:
			d.textAttr(attrs, "opencensus.exporterversion", f.Text())
		case 3:
			d.textAttr(attrs, "telemetry.sdk.version", f.Text())
		}
	}
	if len(*attrs) > said {
		d.textAttr(attrs, "telemetry.sdk.name", "opencensus")
	}
}

// resource reads a Resource: a type and labels.
func (d *decoder) resource(attrs *signal.Attrs, m []byte) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			d.textAttr(attrs, "opencensus.resourcetype", f.Text())
		case 2:
			key, value := d.entry(f.Bytes())
			d.textAttr(attrs, key, wire.View(value))
		}
	}
}

// textAttr appends one text, unless it is empty.
func (d *decoder) textAttr(attrs *signal.Attrs, key, value string) {
	if value != "" {
		*attrs = d.arena.Attrs.Push(*attrs, signal.Attr{Key: key, Value: signal.Str(value)})
	}
}
