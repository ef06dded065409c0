package zipkin

import "clew/internal/signal"

// wellKnown are tags of Brave's instrumentations that name what a span talks to,
// the attributes that OpenTelemetry has for them, and the system they imply.
var wellKnown = map[string]struct{ key, system, name string }{
	"kafka.topic":        {"messaging.destination.name", "messaging.system", "kafka"},
	"kafka.key":          {"messaging.kafka.message.key", "", ""},
	"jms.queue":          {"messaging.destination.name", "messaging.system", "jms"},
	"jms.topic":          {"messaging.destination.name", "messaging.system", "jms"},
	"rabbit.queue":       {"messaging.destination.name", "messaging.system", "rabbitmq"},
	"rabbit.exchange":    {"messaging.destination.name", "messaging.system", "rabbitmq"},
	"rabbit.routing_key": {"messaging.rabbitmq.destination.routing_key", "", ""},
	"sql.query":          {"db.query.text", "db.system.name", "other_sql"},
	"mongodb.collection": {"db.collection.name", "db.system.name", "mongodb"},
	"mongodb.command":    {"db.operation.name", "db.system.name", "mongodb"},
	"cassandra.keyspace": {"db.namespace", "db.system.name", "cassandra"},
	"cassandra.query":    {"db.query.text", "db.system.name", "cassandra"},
	"elasticsearch.node": {"elasticsearch.node.name", "db.system.name", "elasticsearch"},
}

// names reads what the tags of s say of its status, and says in OpenTelemetry's
// words what they say in Brave's.
func (d *decoder) names(s *signal.Span) {
	for i := 0; i < len(s.Attrs); i++ {
		a := s.Attrs[i]
		if len(a.Key) < 5 {
			continue
		}
		switch a.Key[0] {
		case 'e':
			if a.Key == "error" {
				failed(s, a.Value)
				continue
			}
		case 'k', 'j', 'r', 's', 'm', 'c':
		default:
			continue
		}
		w, ok := wellKnown[a.Key]
		if !ok {
			continue
		}
		d.say(s, w.key, a.Value)
		d.say(s, w.system, signal.Str(w.name))
	}
}

// say adds an attribute that is not there yet.
func (d *decoder) say(s *signal.Span, key string, v signal.Value) {
	if key == "" {
		return
	}
	if _, ok := s.Attrs.Find(key); !ok {
		s.Attrs = d.arena.Attrs.Push(s.Attrs, signal.Attr{Key: key, Value: v})
	}
}

// failed reads the tag error: its presence is the failure, and its text the
// message, unless that says no more than yes or no.
func failed(s *signal.Span, v signal.Value) {
	text := v.String()
	if text == "false" {
		return
	}
	s.Status.Code = signal.StatusError
	if text != "true" {
		s.Status.Message = text
	}
}
