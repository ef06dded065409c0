package instana

import (
	"strconv"
	"strings"

	"clew/internal/signal"
)

// conventional maps members of data to OpenTelemetry's names where both mean
// exactly the same. Others are library.member, as they were sent.
var conventional = map[string]string{
	"http.method": "http.request.method", "http.path_tpl": "http.route", "http.params": "url.query", "http.status": "http.response.status_code",
	"http.host": "server.address", "http.path": "url.path",
	"lambda.arn": "cloud.resource_id", "lambda.reqId": "faas.invocation_id", "lambda.coldStart": "faas.coldstart",
	"redis.command": "db.operation.name", "redis.connection": "server.address",
	"pg.stmt": "db.query.text", "pg.host": "server.address", "pg.port": "server.port", "pg.db": "db.namespace",
	"mysql.stmt": "db.query.text", "mysql.host": "server.address", "mysql.port": "server.port", "mysql.db": "db.namespace",
	"mssql.stmt": "db.query.text", "mssql.host": "server.address", "mssql.port": "server.port", "mssql.db": "db.namespace",
	"sqlalchemy.sql": "db.query.text", "cassandra.query": "db.query.text", "cassandra.keyspace": "db.namespace",
	"mongo.command": "db.operation.name", "mongo.service": "server.address", "mongo.namespace": "db.namespace",
	"dynamodb.op": "db.operation.name", "dynamodb.region": "cloud.region", "elasticsearch.index": "db.collection.name", "elasticsearch.action": "db.operation.name",
	"s3.op": "rpc.method", "s3.bucket": "aws.s3.bucket", "s3.key": "aws.s3.key",
	"sqs.queue": "messaging.destination.name", "sqs.messageId": "messaging.message.id", "sqs.size": "messaging.batch.message_count",
	"sns.topic": "messaging.destination.name", "kinesis.stream": "messaging.destination.name", "kafka.service": "messaging.destination.name",
	"rpc.call": "rpc.method", "rpc.flavor": "rpc.system", "log.message": "log.message",
}

// systems are the libraries whose calls go to a database.
var systems = map[string]string{
	"redis": "redis", "pg": "postgresql", "mysql": "mysql", "mssql": "microsoft.sql_server", "sqlalchemy": "other_sql", "mongo": "mongodb",
	"dynamodb": "aws.dynamodb", "elasticsearch": "elasticsearch", "cassandra": "cassandra", "couchbase": "couchbase", "memcached": "memcached",
}

// queues are those whose calls carry messages.
var queues = map[string]string{"sqs": "aws_sqs", "sns": "aws_sns", "kinesis": "aws_kinesis", "kafka": "kafka", "rabbitmq": "rabbitmq", "nats": "nats", "bull": "bull"}

// triggers are what sets functions off: faas.trigger, and messaging.system of
// what comes as messages.
var triggers = map[string][2]string{
	"aws:api.gateway": {"http"}, "aws:application.load.balancer": {"http"}, "aws:lambda.function.url": {"http"},
	"aws:sqs": {"pubsub", "aws_sqs"}, "aws:sns": {"pubsub", "aws_sns"}, "aws:kinesis": {"pubsub", "aws_kinesis"}, "aws:cloudwatch.events": {"pubsub", "aws_eventbridge"},
	"aws:s3": {"datasource"}, "aws:dynamodb": {"datasource"},
}

// name gives a span its kind, its name and conventional attributes.
func (d *decoder) name(x *said) {
	x.s.Name, x.s.Kind = x.name, kindOf(x.kind)
	d.set(&x.attrs, "instana.span", x.name)
	d.keys(x)
	sort := ""
	for i := range x.attrs {
		a := &x.attrs[i]
		group, member, _ := strings.Cut(a.Key, ".")
		switch member {
		case "error", "err":
			x.failure = a.Value.String()
		case "sort", "access":
			sort = a.Value.Text()
		}
		if a.Key == "http.url" {
			a.Key = "url.path"
			if strings.Contains(a.Value.Text(), "://") {
				a.Key = "url.full"
			}
		} else if to, ok := conventional[a.Key]; ok {
			a.Key = to
		}
		switch a.Key {
		case "messaging.destination.name":
			a.Value = signal.Str(lastOf(a.Value.Text(), "/:"))
		case "server.address":
			if group == "redis" || group == "mongo" {
				d.address(x, i)
			}
		}
	}
	for _, group := range x.groups {
		d.groupName(x, group, sort)
	}
}

func kindOf(k int64) signal.SpanKind {
	switch k {
	case 1:
		return signal.Server
	case 2:
		return signal.Client
	}
	return signal.Internal
}

// address divides redis://HOST:PORT.
func (d *decoder) address(x *said, i int) {
	text := x.attrs[i].Value.Text()
	if _, after, ok := strings.Cut(text, "://"); ok {
		text = after
	}
	host, port, ok := strings.Cut(text, ":")
	x.attrs[i].Value = signal.Str(host)
	if ok {
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			d.push(&x.attrs, "server.port", signal.Int(int64(n)))
		}
	}
}

func (d *decoder) groupName(x *said, group, sort string) {
	as := &x.attrs
	if system := systems[group]; system != "" {
		d.set(as, "db.system.name", system)
		if op := as.Text("db.operation.name"); op != "" {
			x.s.Name = op
		}
		if table := as.Text("dynamodb.table"); table != "" && d.arena.Charge(6*len(table)+4) {
			d.push(as, "aws.dynamodb.table_names", signal.JSON(string(append(signal.AppendJSONString([]byte{'['}, table), ']'))))
		}
		return
	}
	if system := queues[group]; system != "" {
		d.set(as, "messaging.system", system)
		switch {
		case x.kind == 1 || sort == "entry" || sort == "consume":
			x.s.Kind = signal.Consumer
		case x.kind == 2 && sendsMessages(as.Text("sqs.type")):
			x.s.Kind = signal.Producer
		}
		if to := as.Text("messaging.destination.name"); to != "" {
			x.s.Name = d.join(d.join(x.name, " "), to)
		}
		return
	}
	switch group {
	case "lambda":
		d.lambda(x)
	case "http":
		if method := as.Text("http.request.method"); method != "" && x.s.Name == x.name && x.name != "aws.lambda.entry" {
			x.s.Name = method
			if route := as.Text("http.route"); route != "" {
				x.s.Name = d.join(d.join(method, " "), route)
			}
		}
	case "log": // a line that was written, which nobody was called for
		x.s.Kind = signal.Internal
	case "sdk":
		if name := as.Text("sdk.name"); name != "" {
			x.s.Name = name
		}
	case "boto3":
		d.set(as, "rpc.system", "aws-api")
		if op := as.Text("boto3.op"); op != "" {
			x.s.Name = op
		}
	}
}

// sendsMessages reports whether a call of a type that the client told is one
// that sends; only those of SQS have types.
func sendsMessages(typ string) bool {
	return typ == "" || strings.HasPrefix(typ, "single") || strings.HasPrefix(typ, "batch")
}

// lambda reads an invocation. Its client reports the nearing of the time limit
// with the milliseconds left.
func (d *decoder) lambda(x *said) {
	as := &x.attrs
	if name := as.Text("lambda.functionName"); name != "" {
		x.s.Name = name
		x.sender.service = name
	}
	x.sender.runtime, x.sender.version = as.Text("lambda.runtime"), as.Text("lambda.functionVersion")
	told := as.Text("lambda.trigger")
	if t, ok := triggers[told]; ok {
		d.set(as, "faas.trigger", t[0])
		if t[0] != "http" {
			x.s.Kind = signal.Consumer
			d.set(as, "messaging.system", t[1])
		}
	} else if told != "" {
		d.set(as, "faas.trigger", "other")
	}
	for _, source := range [...]struct{ attr, member, to string }{
		{"lambda.sqs", `"queue":"`, "messaging.destination.name"}, {"lambda.s3", `"bucket":"`, "aws.s3.bucket"}, {"lambda.cw", `"resources":["`, "messaging.destination.name"},
	} {
		_, rest, ok := strings.Cut(as.Text(source.attr), source.member) // canonical JSON, written by us
		if value, _, ended := strings.Cut(rest, `"`); ok && ended {
			d.set(as, source.to, lastOf(value, "/:"))
		}
	}
	if as.Text("lambda.msleft") != "" {
		d.set(as, "clew.outcome", "timeout")
	}
}

func lastOf(s, seps string) string { return s[strings.LastIndexAny(s, seps)+1:] }

// keys are the ids that both sides of a hop know; read before names change.
func (d *decoder) keys(x *said) {
	for _, k := range [...]struct{ attr, kind string }{
		{"lambda.reqId", signal.KeyRequest}, {"sqs.messageId", signal.KeySQSMessage},
	} {
		if v := x.attrs.Text(k.attr); v != "" {
			x.s.Keys = d.arena.Keys.Push(x.s.Keys, signal.JoinKey{Kind: k.kind, Value: v})
		}
	}
	if _, rest, ok := strings.Cut(x.attrs.Text("lambda.cw"), `"events":{"id":"`); ok {
		if id, _, ended := strings.Cut(rest, `"`); ended {
			x.s.Keys = d.arena.Keys.Push(x.s.Keys, signal.JoinKey{Kind: signal.KeyEvent, Value: id})
		}
	}
}
