package pagerduty

import (
	"testing"

	"clew/internal/notify"
	"clew/internal/notify/notifytest"
)

func TestKit(t *testing.T) {
	notifytest.Run(t, notifytest.Case{
		Kind:     Kind,
		Settings: func(url string) notify.Settings { return notify.Settings{"routing_key": "r0ut1ngk3y", "url": url} },
		Accepts:  `{"status":"success","message":"Event processed","dedup_key":"rule-1/post-analysis"}`, Status: 202,
		Refuses: `{"status":"invalid event","message":"Event object is invalid","errors":["Length of routing_key is incorrect"]}`,
		Secrets: []string{"r0ut1ngk3y"}, Volatile: []string{},
	})
}
