package trigger

import (
	"strings"

	"clew/internal/signal"
)

// This file is calls over HTTP: API Gateway in its shapes, function URLs, load
// balancers, AppSync, CloudFront.

// call makes the cause of one request.
func call(kind signal.ResourceKind, name string, operation string, get carrier, sent signal.Time, keys ...signal.JoinKey) Cause {
	r := Record{Sent: sent, Parent: get.parent()}
	for _, k := range keys {
		if k.Value != "" {
			r.Keys = append(r.Keys, k)
		}
	}
	r.Keys = append(r.Keys, get.keys()...)
	return Cause{Resource: signal.Resource{Kind: kind, Name: name}, Operation: strings.TrimSpace(operation), Records: []Record{r}}
}

// either looks in one carrier after the other.
func either(a, b carrier) carrier {
	return func(name string) string {
		if s := a(name); s != "" {
			return s
		}
		return b(name)
	}
}

// place adds the account and the region in an event's own words.
func (c Cause) place(account, region string) Cause {
	c.Resource.Account, c.Resource.Region = account, region
	return c
}

// hostRegion reads the region of ID.execute-api.REGION.amazonaws.com.
func hostRegion(host string) string {
	if p := strings.Split(host, "."); len(p) >= 5 && p[len(p)-2] == "amazonaws" {
		return p[len(p)-3]
	}
	if p := strings.Split(host, "."); len(p) == 5 && p[1] == "lambda-url" {
		return p[2]
	}
	return ""
}

var gatewayREST = Parser{
	Name:  "apigateway-rest",
	Match: func(e Event) bool { return e.has("httpMethod") && e.has("requestContext", "resourcePath") },
	Parse: func(e Event) Cause {
		c := e.at("requestContext")
		get := either(headers(e.at("headers")), headers(e.at("multiValueHeaders")))
		path := c.text("resourcePath")
		return call(signal.Gateway, named(c.text("apiId"), c.text("domainName")), e.text("httpMethod")+" "+path, get,
			c.millis("requestTimeEpoch"), key(signal.KeyGatewayRequest, c.text("requestId"))).
			place(c.text("accountId"), hostRegion(c.text("domainName")))
	},
}

// gatewayHTTP matches payload format 2.0: HTTP APIs and function URLs.
var gatewayHTTP = Parser{
	Name:  "apigateway-http",
	Match: func(e Event) bool { return e.text("version") == "2.0" && e.has("requestContext", "http") },
	Parse: func(e Event) Cause {
		c := e.at("requestContext")
		route := c.text("http", "method") + " " + c.text("http", "path")
		if key := e.text("routeKey"); strings.Contains(key, " ") {
			route = key
		}
		kind := signal.Gateway
		if strings.Contains(c.text("domainName"), ".lambda-url.") {
			kind = signal.HTTPHost
		}
		return call(kind, named(c.text("apiId"), c.text("domainName")), route, headers(e.at("headers")),
			c.millis("timeEpoch"), key(signal.KeyGatewayRequest, c.text("requestId"))).
			place(account(c.text("accountId")), hostRegion(c.text("domainName")))
	},
}

// account leaves out "anonymous", which is what function URLs say.
func account(s string) string {
	if s == "anonymous" {
		return ""
	}
	return s
}

func named(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}

var websocket = Parser{
	Name: "apigateway-websocket",
	Match: func(e Event) bool {
		return e.has("requestContext", "connectionId") && e.has("requestContext", "routeKey")
	},
	Parse: func(e Event) Cause {
		c := e.at("requestContext")
		return call(signal.Gateway, named(c.text("apiId"), c.text("domainName")), "WS "+c.text("routeKey"), headers(e.at("headers")),
			c.millis("requestTimeEpoch"), key(signal.KeyGatewayRequest, c.text("requestId"))).
			place("", hostRegion(c.text("domainName")))
	},
}

// gatewayTemplate matches what API Gateway's own mapping template "method request
// passthrough" makes of a request.
var gatewayTemplate = Parser{
	Name:  "apigateway-template",
	Match: func(e Event) bool { return e.has("params", "header") && e.has("context", "request-id") },
	Parse: func(e Event) Cause {
		c := e.at("context")
		return call(signal.Gateway, c.text("api-id"), c.text("http-method")+" "+c.text("resource-path"), headers(e.at("params", "header")),
			0, key(signal.KeyGatewayRequest, c.text("request-id"))).place(c.text("account-id"), "")
	},
}

// authorizer matches Lambda authorizers: TOKEN, and REQUEST in both versions.
var authorizer = Parser{
	Name: "apigateway-authorizer",
	Match: func(e Event) bool {
		kind := e.text("type")
		return (kind == "TOKEN" || kind == "REQUEST") && (e.has("methodArn") || e.has("routeArn"))
	},
	Parse: func(e Event) Cause {
		target := named(e.text("methodArn"), e.text("routeArn")) // arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH
		a, _ := parseARN(target)
		p := strings.SplitN(a.resource, "/", 4)
		operation := ""
		if len(p) == 4 {
			operation = p[2] + " /" + p[3]
		}
		c := e.at("requestContext")
		sent := c.millis("requestTimeEpoch")
		if sent == 0 {
			sent = c.millis("timeEpoch")
		}
		return call(signal.Gateway, p[0], operation, headers(e.at("headers")), sent,
			key(signal.KeyGatewayRequest, c.text("requestId"))).place(a.account, a.region)
	},
}

var alb = Parser{
	Name:  "alb",
	Match: func(e Event) bool { return e.has("requestContext", "elb") },
	Parse: func(e Event) Cause {
		get := either(headers(e.at("headers")), headers(e.at("multiValueHeaders")))
		c := call(signal.Gateway, "", e.text("httpMethod")+" "+e.text("path"), get, 0)
		if a, ok := parseARN(e.text("requestContext", "elb", "targetGroupArn")); ok {
			name := strings.Split(a.resource, "/") // targetgroup/NAME/ID
			if len(name) > 1 {
				c.Resource.Name = name[1]
			}
			c = c.place(a.account, a.region)
		}
		return c
	},
}

// appSync matches direct resolvers, and batches of them.
var appSync = Parser{
	Name: "appsync",
	Match: func(e Event) bool {
		if first := e.first(); first.has("info", "fieldName") {
			e = first
		}
		return e.has("info", "fieldName") && e.has("info", "parentTypeName")
	},
	Parse: func(e Event) Cause {
		one := e
		if first := e.first(); first.has("info") {
			one = first
		}
		return call(signal.Gateway, named(one.text("request", "domainName"), "appsync"), one.text("info", "parentTypeName")+"."+one.text("info", "fieldName"), headers(one.at("request", "headers")), 0)
	},
}

var cloudfront = Parser{
	Name:  "cloudfront",
	Match: func(e Event) bool { return e.at("Records").first().has("cf", "config") },
	Parse: func(e Event) Cause {
		cf := e.at("Records").first().at("cf")
		// {"host": [{"key": "Host", "value": "…"}]}
		get := carrier(func(name string) string { return cf.at("request", "headers").fold(name).first().text("value") })
		return call(signal.Gateway, cf.text("config", "distributionId"), cf.text("request", "method")+" "+cf.text("request", "uri"), get, 0)
	},
}
