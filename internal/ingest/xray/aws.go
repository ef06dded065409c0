package xray

import (
	"slices"
	"strings"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// awsBlock is what the aws block says of where a service runs or a call went.
type awsBlock struct{ operation, account, region, request, message string }

// awsNames are the attributes of what the SDKs' lists of parameters let through,
// where these have a name. The others are aws.<name>.
var awsNames = map[string]string{
	"id_2":          "aws.extended_request_id",
	"queue_url":     "aws.sqs.queue.url",
	"topic_arn":     "aws.sns.topic.arn",
	"stream_name":   "aws.kinesis.stream_name",
	"bucket_name":   "aws.s3.bucket",
	"key":           "aws.s3.key",
	"table_names":   "aws.dynamodb.table_names",
	"function_name": "faas.invoked_name",
}

// aws reads the aws block: of a subsegment the call it was, of a segment where
// its service runs and which SDK tells.
func (d *decoder) aws(r *wire.JSON, s *segment) {
	for key := range r.Object() {
		switch key {
		case "operation":
			s.aws.operation = d.text(r)
		case "region":
			s.aws.region = d.text(r)
		case "account_id":
			s.aws.account = d.text(r)
		case "request_id":
			s.aws.request = d.text(r)
			d.setText(&s.Attrs, "aws.request_id", s.aws.request)
		case "message_id":
			s.aws.message = d.text(r)
			d.setText(&s.Attrs, "messaging.message.id", s.aws.message)
		case "table_name":
			d.tableName(s, d.text(r))
		case "xray":
			d.sdk(r, s)
		default:
			if name := awsNames[key]; name != "" {
				d.set(&s.Attrs, name, d.value(r))
			} else if r.Peek() == '{' {
				d.block(r, s, d.join(key, "."))
			} else {
				d.member(r, &s.Attrs, "aws.", key)
			}
		}
	}
}

// placeNames are the attributes of a service's resource that stand in blocks
// named after AWS services. The others are aws.<block>.<name> of the span.
var placeNames = map[string]string{
	"ec2.instance_id": "host.id", "ec2.instance_size": "host.type", "ec2.ami_id": "host.image.id", "ec2.availability_zone": "cloud.availability_zone",
	"ecs.container": "container.name", "ecs.container_id": "container.id", "ecs.container_arn": "aws.ecs.container.arn",
	"eks.pod": "k8s.pod.name", "eks.cluster_name": "k8s.cluster.name", "eks.container_id": "container.id",
}

func (d *decoder) block(r *wire.JSON, s *segment, prefix string) {
	for key := range r.Object() {
		key = d.join(prefix, key)
		if name := placeNames[key]; name != "" {
			d.set(&s.resource, name, d.value(r))
		} else {
			d.member(r, &s.Attrs, "aws.", key)
		}
	}
}

// tableName is told as the list of tables that OpenTelemetry knows.
func (d *decoder) tableName(s *segment, name string) {
	if d.arena.Charge(6*len(name) + 4) {
		text := append(signal.AppendJSONString([]byte{'['}, name), ']')
		d.set(&s.Attrs, "aws.dynamodb.table_names", signal.JSON(wire.View(text)))
	}
}

// sdk reads which SDK tells, e.g. "X-Ray for Node.js" or "X-Ray SDK for Java".
func (d *decoder) sdk(r *wire.JSON, s *segment) {
	for key := range r.Object() {
		switch key {
		case "sdk":
			name := d.text(r)
			d.setText(&s.resource, "telemetry.sdk.name", name)
			if _, language, ok := strings.Cut(name, " for "); ok {
				d.setText(&s.resource, "telemetry.sdk.language", languageOf(language))
			}
		case "sdk_version":
			d.setText(&s.resource, "telemetry.sdk.version", d.text(r))
		default:
			d.member(r, &s.Attrs, "aws.xray.", key)
		}
	}
}

func languageOf(s string) string {
	switch s = strings.ToLower(s); s {
	case "node.js":
		return "nodejs"
	case ".net", ".net core":
		return "dotnet"
	}
	return s
}

// messaging tells the services that pass messages on, by lower-case name.
var messaging = map[string]string{
	"sqs": "aws_sqs", "sns": "aws_sns", "kinesis": "kinesis", "events": "eventbridge", "eventbridge": "eventbridge",
}

// concludePlace tells where a service runs.
func (d *decoder) concludePlace(s *segment) {
	d.setText(&s.resource, "service.name", s.Name)
	d.setText(&s.resource, "cloud.region", s.aws.region)
	d.setText(&s.resource, "cloud.account.id", s.aws.account)
	platform := platforms[s.origin]
	if platform == "" {
		return
	}
	d.set(&s.resource, "cloud.provider", signal.Str("aws"))
	d.set(&s.resource, "cloud.platform", signal.Str(platform))
	if platform == lambda { // the segments of the service and of the function have the function's name
		d.setText(&s.resource, "faas.name", s.Name)
		d.setText(&s.Attrs, "faas.invocation_id", s.aws.request)
		d.key(&s.Span, signal.KeyRequest, s.aws.request)
	}
}

// concludeCall names the call of the AWS SDK that s is, and returns its kind. A
// subsegment has the name of the service.
func (d *decoder) concludeCall(s *segment) signal.SpanKind {
	d.setText(&s.Attrs, "cloud.region", s.aws.region)
	d.setText(&s.Attrs, "aws.account_id", s.aws.account)
	d.set(&s.Attrs, "rpc.system", signal.Str("aws-api"))
	d.setText(&s.Attrs, "rpc.service", s.Name)
	d.setText(&s.Attrs, "rpc.method", s.aws.operation)
	service := ""
	if len(s.Name) < 16 {
		service = strings.ToLower(s.Name)
	}
	switch service {
	case "lambda":
		if s.aws.does("Invoke", "InvokeAsync") {
			d.key(&s.Span, signal.KeyRequest, s.aws.request)
		}
	case "s3":
		if s.aws.does("PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject") {
			d.key(&s.Span, signal.KeyS3Request, s.aws.request)
		}
	case "sns":
		d.key(&s.Span, signal.KeySNSMessage, s.aws.message)
	case "sqs":
		d.key(&s.Span, signal.KeySQSMessage, s.aws.message)
	}
	if messaging[service] == "" {
		return signal.Client
	}
	d.set(&s.Attrs, "messaging.system", signal.Str(messaging[service]))
	if s.aws.does("SendMessage", "SendMessageBatch", "Publish", "PublishBatch", "PutRecord", "PutRecords", "PutEvents") {
		d.set(&s.Attrs, "messaging.operation.type", signal.Str("send"))
		return signal.Producer
	}
	if s.aws.does("ReceiveMessage", "GetRecords") {
		d.set(&s.Attrs, "messaging.operation.type", signal.Str("receive"))
	}
	return signal.Client
}

// does reports whether the call was one of operations.
func (a *awsBlock) does(operations ...string) bool {
	return slices.ContainsFunc(operations, func(o string) bool { return strings.EqualFold(o, a.operation) })
}

const lambda = "aws_lambda"

// platforms tells what a segment ran on by its origin.
var platforms = map[string]string{
	"AWS::EC2::Instance": "aws_ec2", "AWS::ECS::Container": "aws_ecs", "AWS::ECS::EC2": "aws_ecs", "AWS::ECS::Fargate": "aws_ecs",
	"AWS::EKS::Container": "aws_eks", "AWS::ElasticBeanstalk::Environment": "aws_elastic_beanstalk", "AWS::AppRunner::Service": "aws_app_runner",
	"AWS::Lambda": lambda, "AWS::Lambda::Function": lambda,
}
