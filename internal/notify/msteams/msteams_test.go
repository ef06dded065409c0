package msteams

import (
	"testing"

	"clew/internal/notify"
	"clew/internal/notify/notifytest"
)

func TestKit(t *testing.T) {
	notifytest.Run(t, notifytest.Case{
		Kind:     Kind,
		Settings: func(url string) notify.Settings { return notify.Settings{"url": url} },
		Accepts:  ``, Status: 202,
		Refuses: `{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"Could not execute workflow"}}`,
		Secrets: []string{}, Volatile: []string{},
	})
}
