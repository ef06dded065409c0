package function

import (
	"math"
	"testing"
	"time"

	"clew/internal/price"
	"clew/internal/signal"
)

func TestPriced(t *testing.T) {
	cost := Priced(price.Default())
	f := func(name string, inv Invocation, want Bill) {
		t.Helper()
		inv.Function.Region = "eu-west-1"
		inv.Start = signal.TimeOf(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		got := cost(&inv)
		for _, d := range []float64{got.Compute - want.Compute, got.Waiting - want.Waiting, got.Init - want.Init, got.Requests - want.Requests} {
			if math.Abs(d) > 1e-12 {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
		}
		if got.Unknown != want.Unknown {
			t.Errorf("%s: %d unknown", name, got.Unknown)
		}
	}
	const gbs = 0.0000166667
	f("half of it waits", Invocation{MemorySize: 1 << 30, Duration: time.Second, Idle: []Idle{{Time: 300 * time.Millisecond}, {Time: 200 * time.Millisecond}}},
		Bill{Compute: gbs, Waiting: gbs / 2, Requests: 0.0000002})
	f("cold and billed", Invocation{MemorySize: 512 << 20, Duration: 800 * time.Millisecond, Billed: time.Second, Init: Cold, InitTime: 200 * time.Millisecond},
		Bill{Compute: 0.4 * gbs, Init: 0.1 * gbs, Requests: 0.0000002})
	f("no memory size", Invocation{Duration: time.Second, Idle: []Idle{{Time: time.Second}}}, Bill{Requests: 0.0000002, Unknown: 1})
	f("provisioned", Invocation{MemorySize: 1 << 30, Duration: time.Second, Init: Provisioned, InitTime: time.Minute}, Bill{Compute: 0.0000097222, Requests: 0.0000002})
}
