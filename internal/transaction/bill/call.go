package bill

import (
	"strings"

	"clew/internal/signal"
)

// callOf reads a request to AWS from the span of it, or returns nil.
func (f *Facts) callOf(s *signal.Span) *call {
	a := s.Attrs
	service, operation, region, api := awsService(s)
	if service == "" && api == "" {
		return nil
	}
	c := &call{api: api, raw: a.First("rpc.service", "rpc.method", "aws.service", "messaging.system", "db.system", "db.system.name", "faas.invoked_name") == ""}
	c.Service, c.Operation = f.word(service), f.word(operation)
	c.target = f.word(targetOf(a))
	c.Region = f.word(firstText(regionOfARN(a), region, a.First("aws.region", "cloud.region", "rpc.aws.region")))
	c.FIFO = strings.HasSuffix(c.target, ".fifo")
	c.Bytes = sizeOf(a)
	c.Count = int(count(a, "messaging.batch.message_count", "aws.kinesis.record_count", "aws.dynamodb.item_count", "aws.eventbridge.entry_count"))
	c.Strong = a.Text("aws.dynamodb.consistent_read") == "true"
	if service == "dynamodb" {
		c.Read, c.Write = capacity(a, strings.Contains(operation, "put") || strings.Contains(operation, "update") || strings.Contains(operation, "delete") || strings.Contains(operation, "write"))
		if strings.HasPrefix(operation, "query") || strings.HasPrefix(operation, "scan") {
			c.Count = 0 // items that were found: units go by their size together
		}
	}
	return c
}

// awsService tells service and operation of a request in lower case, as SDKs name
// them; region where the host has it; api for calls of API Gateway's hosts.
func awsService(s *signal.Span) (service, operation, region, api string) {
	a := s.Attrs
	name, onAWS := strings.CutSuffix(hostOf(a), ".amazonaws.com")
	operation = strings.ToLower(a.First("rpc.method", "aws.operation"))
	if i := strings.LastIndexByte(operation, '/'); i >= 0 {
		operation = operation[i+1:]
	}
	switch {
	case a.First("rpc.system", "rpc.system.name") == "aws-api":
		service = a.Text("rpc.service")
		if m := a.Text("rpc.method"); service == "" {
			service, _, _ = strings.Cut(m, "/")
		}
	case a.Text("aws.service") != "":
		service = a.Text("aws.service")
	case a.Text("faas.invoked_name") != "" && strings.HasPrefix(a.Text("faas.invoked_provider"), "aws"):
		service, operation = "lambda", "invoke"
	case a.First("db.system.name", "db.system") == "dynamodb" || a.First("db.system.name", "db.system") == "aws.dynamodb":
		service, operation = "dynamodb", firstText(operation, strings.ToLower(a.First("db.operation.name", "db.operation")))
	case messagingService(a) != "":
		service = messagingService(a)
		operation = firstText(operation, messagingOperation(service, a))
	case onAWS:
		service, operation, api = ofHost(s, name)
	}
	if last := name[strings.LastIndexByte(name, '.')+1:]; onAWS && isRegion(last) {
		region = last
	}
	return shortName(service), strings.ReplaceAll(operation, " ", ""), region, api
}

// shortName makes sqs of "Amazon SQS".
func shortName(service string) string {
	service = strings.ToLower(service)
	for _, word := range [...]string{" ", "amazon", "aws"} {
		service = strings.ReplaceAll(service, word, "")
	}
	return service
}

// messagingService tells which service of AWS a message went through.
func messagingService(a signal.Attrs) string {
	switch system := strings.ToLower(a.Text("messaging.system")); {
	case system == "":
	case strings.HasSuffix(system, "sqs"):
		return "sqs"
	case strings.HasSuffix(system, "sns"):
		return "sns"
	case strings.Contains(system, "kinesis"):
		return "kinesis"
	case strings.Contains(system, "eventbridge"):
		return "eventbridge"
	}
	return ""
}

// messagingOperation is the request that sends or receives, where the SDK's name
// for it was not told.
func messagingOperation(service string, a signal.Attrs) string {
	switch a.First("messaging.operation.type", "messaging.operation") {
	case "send", "publish", "create":
		return map[string]string{"sqs": "sendmessage", "sns": "publish", "kinesis": "putrecord", "eventbridge": "putevents"}[service]
	case "receive":
		return map[string]string{"sqs": "receivemessage", "kinesis": "getrecords"}[service]
	case "settle":
		return map[string]string{"sqs": "deletemessage"}[service]
	case "process":
		return "process"
	}
	return ""
}

// ofHost reads SERVICE.REGION, BUCKET.s3.REGION and API.execute-api.REGION.
func ofHost(s *signal.Span, name string) (service, operation, api string) {
	method := strings.ToLower(s.Attrs.First("http.request.method", "http.method"))
	labels := strings.Split(name, ".")
	at := len(labels) - 1
	if at > 0 && isRegion(labels[at]) {
		at--
	}
	switch service = labels[at]; service {
	case "execute-api":
		return "", "", "gateway"
	case "s3":
		return "s3", map[string]string{"put": "putobject", "post": "postobject", "get": "getobject", "head": "headobject", "delete": "deleteobject"}[method], ""
	case "lambda":
		if method == "post" {
			operation = "invoke"
		}
	}
	return service, operation, ""
}

// isRegion tells eu-west-1 from s3.
func isRegion(s string) bool {
	return strings.Count(s, "-") >= 2 && s[len(s)-1] >= '0' && s[len(s)-1] <= '9'
}

func hostOf(a signal.Attrs) string {
	host := a.First("server.address", "net.peer.name", "http.host")
	if host == "" {
		_, host, _ = strings.Cut(a.First("url.full", "http.url"), "://")
		if i := strings.IndexAny(host, "/?#"); i >= 0 {
			host = host[:i]
		}
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	return strings.ToLower(host)
}

func targetOf(a signal.Attrs) string {
	name := a.First("messaging.destination.name", "messaging.destination", "aws.sqs.queue.url", "aws.queue_url", "aws.queue.url", "messaging.url", "aws.sns.topic.arn")
	return name[strings.LastIndexAny(name, ":/")+1:]
}

func regionOfARN(a signal.Attrs) string {
	if p := strings.SplitN(a.First("aws.sns.topic.arn", "messaging.destination.name", "aws.kinesis.stream.arn", "aws.step_functions.state_machine.arn"), ":", 5); len(p) == 5 && p[0] == "arn" {
		return p[3]
	}
	return ""
}

func firstText(s ...string) string {
	for _, t := range s {
		if t != "" {
			return t
		}
	}
	return ""
}

// refused reports whether the service did not do what was asked, so that nothing is
// charged: it was too busy, or failed itself.
func (it *fact) refused() bool { return it.status == 429 || it.status >= 500 }
