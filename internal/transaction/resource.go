package transaction

import (
	"net/netip"
	"strconv"
	"strings"

	"clew/internal/signal"
)

// Resource tells what a sender is from its resource attributes: a function, a
// gateway or a service.
func Resource(a signal.Attrs) signal.Resource {
	r := signal.Resource{Kind: signal.Service, Name: a.ServiceName(), Account: a.Text("cloud.account.id"), Region: a.Text("cloud.region")}
	function := a.Text("faas.name")
	switch a.Text("cloud.platform") {
	case "aws_lambda", "azure_functions", "azure.functions", "gcp_cloud_functions", "alibaba_cloud_fc", "tencent_cloud_scf":
		r.Kind = signal.Function
	}
	switch {
	case function != "":
		r.Kind, r.Name = signal.Function, function
	case r.Kind == signal.Function:
	case strings.HasSuffix(strings.ToLower(r.Name), "gateway"):
		r.Kind = signal.Gateway
	}
	return r
}

// ownResource tells where a span ran. API Gateway's own spans say what they are
// on the span.
func ownResource(s *signal.Span, resource signal.Attrs) signal.Resource {
	r := Resource(resource)
	if r.Kind == signal.Service && s.Kind == signal.Server {
		for i := range s.Attrs {
			if strings.HasPrefix(s.Attrs[i].Key, "aws.api_gateway.") {
				r.Kind = signal.Gateway
			}
		}
	}
	return r
}

// peerOf tells what a client or producer span talked to, or where a consumer's
// message came from; without a Kind when it does not say. Old and new semantic
// conventions are read alike.
func peerOf(s *signal.Span) signal.Resource {
	a := s.Attrs
	switch s.Kind {
	case signal.Client, signal.Producer, signal.Consumer:
	case signal.KindUnset: // old tracers that know no kinds
		if a.First("db.system", "db.system.name", "messaging.system") == "" {
			return signal.Resource{}
		}
	default:
		return signal.Resource{}
	}
	r := messagingPeer(a)
	if r.Kind == "" && s.Kind != signal.Consumer {
		r = callPeer(a)
	}
	if r.Kind != "" {
		r.Region, r.Account = arnPlace(a.First("aws.sns.topic.arn", "messaging.destination.name"))
	}
	return r
}

// causeOf tells what invoked a function, as the span of the invocation says.
func causeOf(a signal.Attrs) signal.Resource {
	switch a.Text("faas.trigger") {
	case "pubsub":
		return messagingPeer(a)
	case "datasource":
		if r := awsPeer(a); r.Kind == signal.Bucket {
			return r
		}
		return databasePeer(a)
	case "timer":
		return signal.Resource{Kind: signal.Bus, Name: firstText(a.First("faas.cron"), "schedule")}
	case "http":
		host := hostOf(a)
		switch name := firstText(a.First("aws.api_gateway.name", "aws.api_gateway.api_id"), host); {
		case name == "":
		case strings.Contains(host, ".lambda-url."):
			return signal.Resource{Kind: signal.HTTPHost, Name: host}
		default:
			return signal.Resource{Kind: signal.Gateway, Name: name}
		}
	}
	return signal.Resource{}
}

func callPeer(a signal.Attrs) signal.Resource {
	if r := awsPeer(a); r.Kind != "" {
		return r
	}
	if r := databasePeer(a); r.Kind != "" {
		return r
	}
	host := hostOf(a)
	if a.First("http.request.method", "http.method", "url.full", "http.url") != "" && host != "" {
		return signal.Resource{Kind: signal.HTTPHost, Name: host}
	}
	if name := a.Text("peer.service"); name != "" {
		return signal.Resource{Kind: signal.Service, Name: name}
	}
	if host != "" {
		return signal.Resource{Kind: signal.HTTPHost, Name: host}
	}
	return signal.Resource{}
}

var messagingKinds = [...]struct {
	in   string
	kind signal.ResourceKind
}{
	{"sns", signal.Topic}, {"sqs", signal.Queue}, {"kinesis", signal.Stream}, {"kafka", signal.Stream},
	{"eventhub", signal.Stream}, {"eventbridge", signal.Bus}, {"eventgrid", signal.Bus}, {"pubsub", signal.Topic},
}

func messagingPeer(a signal.Attrs) signal.Resource {
	system := strings.ToLower(a.Text("messaging.system"))
	if system == "" && a.Text("rpc.system") == "aws-api" {
		switch strings.ToLower(a.Text("rpc.service")) {
		case "sns", "sqs", "kinesis", "eventbridge":
			system = strings.ToLower(a.Text("rpc.service"))
		}
	}
	if system == "" {
		return signal.Resource{}
	}
	r := signal.Resource{Kind: signal.Queue}
	if a.First("messaging.destination_kind", "messaging.destination.kind") == "topic" {
		r.Kind = signal.Topic
	}
	for _, m := range messagingKinds {
		if strings.Contains(system, m.in) {
			r.Kind = m.kind
			break
		}
	}
	r.Name = lastSegment(a.First("messaging.destination.name", "messaging.destination", "messaging.source.name", "aws.sns.topic.arn",
		"aws.sqs.queue.url", "aws.queue_url", "aws.queue.url", "messaging.url", "aws.kinesis.stream_name", "aws.stream_name", "aws.kinesis.stream.arn"))
	if r.Name == "" {
		r.Name = system
	}
	return r
}

// isVague reports whether s tells of its peer no more than the messaging system.
func isVague(s *signal.Span, peer signal.Resource) bool {
	return isMessaging(peer.Kind) && peer.Name == strings.ToLower(firstText(s.Attrs.Text("messaging.system"), s.Attrs.Text("rpc.service")))
}

// awsPeer reads calls of the AWS SDK whose target is neither message nor database.
func awsPeer(a signal.Attrs) signal.Resource {
	if name := a.Text("faas.invoked_name"); name != "" {
		return signal.Resource{Kind: signal.Function, Name: lastSegment(name)}
	}
	if bucket := a.First("aws.s3.bucket", "aws.bucket.name"); bucket != "" {
		return signal.Resource{Kind: signal.Bucket, Name: bucket}
	}
	return signal.Resource{}
}

func databasePeer(a signal.Attrs) signal.Resource {
	system := strings.ToLower(a.First("db.system.name", "db.system"))
	tables := firstOfList(a.First("aws.dynamodb.table_names", "aws.dynamodb.table_name", "aws.table_name"))
	switch {
	case system == "dynamodb" || system == "aws.dynamodb" || tables != "":
		if tables == "" {
			tables = a.First("db.collection.name", "db.sql.table", "db.name")
		}
		if tables == "" {
			tables = "dynamodb"
		}
		return signal.Resource{Kind: signal.Table, Name: tables}
	case system == "":
		return signal.Resource{}
	case system == "redis" || system == "memcached" || system == "valkey" || strings.Contains(system, "elasticache"):
		return signal.Resource{Kind: signal.Cache, Name: firstText(a.Text("peer.service"), namedHost(a), system)}
	}
	return signal.Resource{Kind: signal.Database, Name: firstText(a.First("db.namespace", "db.name", "peer.service"), namedHost(a), system)}
}

func firstText(s ...string) string {
	for _, t := range s {
		if t != "" {
			return t
		}
	}
	return ""
}

// firstOfList reads the first text of a JSON array, or plain text as it is.
func firstOfList(s string) string {
	list, ok := strings.CutPrefix(s, "[")
	if !ok {
		return s
	}
	first, err := strconv.QuotedPrefix(strings.TrimSpace(list))
	if err != nil {
		return ""
	}
	text, err := strconv.Unquote(first)
	if err != nil {
		return ""
	}
	return text
}

// hostOf gives the host that was called; a port only where the name alone says
// little, as on loopback.
func hostOf(a signal.Attrs) string {
	host := a.First("server.address", "net.peer.name", "http.host", "net.peer.ip", "network.peer.address", "net.sock.peer.addr")
	port := a.First("server.port", "net.peer.port", "network.peer.port")
	if host == "" {
		host = urlHost(a.First("url.full", "http.url"))
	}
	if h, p, ok := splitPort(host); ok {
		host, port = h, p
	}
	if port == "" || host != "localhost" && !isIP(host) {
		return host
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + port
}

// urlHost cuts HOST:PORT out of a URL.
func urlHost(s string) string {
	_, s, ok := strings.Cut(s, "://")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	return s[strings.LastIndexByte(s, '@')+1:]
}

// splitPort divides HOST:PORT and [IPV6]:PORT.
func splitPort(s string) (host, port string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.IndexByte(s, ':') != i && s[0] != '[' {
		return s, "", false
	}
	return strings.Trim(s[:i], "[]"), s[i+1:], true
}

func isIP(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// namedHost is hostOf where the host has a name worth showing.
func namedHost(a signal.Attrs) string {
	h := a.First("server.address", "net.peer.name")
	if h == "localhost" || isIP(h) || strings.ContainsAny(h, "/:") {
		return ""
	}
	return h
}

// lastSegment shortens an ARN or a URL to the name at its end.
func lastSegment(s string) string {
	if strings.HasPrefix(s, "arn:") {
		s = s[strings.LastIndexByte(s, ':')+1:]
	}
	if strings.Contains(s, "://") || strings.HasPrefix(s, "stream/") || strings.HasPrefix(s, "event-bus/") {
		s = s[strings.LastIndexByte(s, '/')+1:]
	}
	return s
}

// arnPlace returns the region and account of an ARN, else nothing.
func arnPlace(s string) (region, account string) {
	if p := strings.SplitN(s, ":", 6); len(p) == 6 && p[0] == "arn" {
		return p[3], p[4]
	}
	return "", ""
}

func isMessaging(k signal.ResourceKind) bool {
	return k == signal.Topic || k == signal.Queue || k == signal.Stream || k == signal.Bus
}
