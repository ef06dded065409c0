package connect

var xray = Client{Name: "xray", Says: "AWS X-Ray's SDKs: Clew is the daemon", Doc: "send/xray.md", Ways: []Way{
	{Language: "any", Lead: "Set this where the program runs; the SDKs of all languages read it. The server needs --legacy.", Lines: `
export AWS_XRAY_DAEMON_ADDRESS={host}:2000`, Traps: []string{
		legacyUDP,
		"A rule file given to the SDK, and a decision in an incoming X-Amzn-Trace-Id, win over the answer that everything is sampled.",
		"In a function the SDKs send subsegments only; a function that makes no calls sends nothing.",
	}},
}}

var epsagonTraps = []string{
	"The function waits for the answer, a second at most (EPSAGON_SEND_TIMEOUT_SEC): keep Clew near.",
	neverAgain,
}

var epsagon = Client{Name: "epsagon", Says: "Epsagon's tracers", Doc: "send/epsagon.md", Ways: []Way{
	{Language: "node", Lead: "Environment of the function or service.", Lines: `
EPSAGON_COLLECTOR_URL={url}
EPSAGON_TOKEN={token}
?plain EPSAGON_SSL=FALSE`, Traps: append([]string{"Without EPSAGON_SSL=FALSE it rewrites http: to https:."}, epsagonTraps...)},
	{Language: "python", Lead: "Environment of the function or service.", Lines: `
EPSAGON_COLLECTOR_URL={url}
EPSAGON_TOKEN={token}`, Traps: append([]string{"https is checked against authorities inside the package, to which none can be added: use a public certificate, http or a relay."}, epsagonTraps...)},
	{Language: "go", Lead: "Environment of the function or service.", Lines: `
EPSAGON_COLLECTOR_URL={url}
EPSAGON_TOKEN={token}`, Traps: epsagonTraps},
	{Language: "dotnet", Lead: "Environment of the function; it has no address to set, so send its log group to Clew.", Lines: `
EPSAGON_LOG_TRANSPORT=TRUE
EPSAGON_TOKEN={token}`},
	{Language: "serverless", Lead: "serverless.yml, with serverless-plugin-epsagon.", Lines: `
custom:
  epsagon:
    collectorURL: {url}
    token: {token}`, Traps: []string{"On Node.js set EPSAGON_SSL=FALSE in the environment where the address is http."}},
}}

const instanaEnv = `
INSTANA_ENDPOINT_URL={url}
INSTANA_AGENT_KEY={token}
INSTANA_DISABLE_LAMBDA_EXTENSION=true`

var instana = Client{Name: "instana", Says: "Instana's tracers for serverless", Doc: "send/instana.md", Ways: []Way{
	{Language: "node", Lead: "Environment of the function.", Lines: instanaEnv + `
?plain INSTANA_DEV_SEND_UNENCRYPTED=true`, Traps: []string{
		"After one failure it sends nothing more until the environment is replaced.",
		"A private certificate needs INSTANA_DISABLE_CA_CHECK=true.",
	}},
	{Language: "python", Lead: "Environment of the function.", Lines: instanaEnv, Traps: []string{
		"The span of an invocation arrives with a later one, or never.",
		"A private certificate needs INSTANA_DISABLE_CA_CHECK=true.",
	}},
	{Language: "go", Lead: "Environment of the function.", Lines: instanaEnv},
}}

var datadog = Client{Name: "datadog", Says: "Datadog's tracers and dogstatsd", Doc: "send/datadog.md", Ways: []Way{
	{Language: "any", Lead: "Set these where the program runs; dogstatsd needs --legacy.", Lines: `
export DD_TRACE_AGENT_URL={url}
export DD_AGENT_HOST={host}
export DD_DOGSTATSD_PORT=8125
export DD_INSTRUMENTATION_TELEMETRY_ENABLED=false`, Traps: []string{
		"Tracers send no token to an agent: where Clew needs one, put a proxy or a collector that adds it beside the program.",
		"In Lambda also set DD_SERVERLESS_LOGS_ENABLED=false and DD_FLUSH_TO_LOG=false.",
	}},
}}

var cloudwatch = Client{Name: "cloudwatch", Says: "CloudWatch log subscriptions and metric streams", Doc: "send/cloudwatch.md", Ways: []Way{
	{Language: "firehose", Lead: "A delivery stream to an HTTP endpoint, and a subscription of each log group to it.", Lines: `
aws firehose create-delivery-stream --delivery-stream-name clew \
  --http-endpoint-destination-configuration '{"EndpointConfiguration":{"Url":"{url}/firehose","Name":"clew","AccessKey":"{token}"},
    "BufferingHints":{"IntervalInSeconds":0,"SizeInMBs":1},"RoleARN":"ROLE","S3Configuration":{"RoleARN":"ROLE","BucketARN":"BUCKET"}}'
aws logs put-subscription-filter --log-group-name /aws/lambda/FUNCTION --filter-name clew --filter-pattern "" \
  --destination-arn arn:aws:firehose:REGION:ACCOUNT:deliverystream/clew --role-arn ROLE
aws cloudwatch put-metric-stream --name clew --firehose-arn arn:aws:firehose:REGION:ACCOUNT:deliverystream/clew \
  --role-arn ROLE --output-format json --include-filters Namespace=AWS/Lambda`, Traps: []string{
		"The service delivers to HTTPS with a public certificate on port 443 only.",
		"A delivery that fails for two hours goes to the bucket.",
	}},
	{Language: "lambda", Lead: "A function that a log group is subscribed to, in Python; it passes on what it gets.", Lines: `
import json, os, urllib.request
def handler(event, context):
    urllib.request.urlopen(urllib.request.Request("{url}/cloudwatch/logs", json.dumps(event).encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer {token}"}), timeout=10)`, Traps: []string{
		"Do not subscribe the log group of this function to itself.",
	}},
}}
