package function

import (
	"clew/internal/price"
)

// Priced returns what an invocation costs by the prices of b. Time that was not
// told to be billed is the invocation's own, as price.Run says.
func Priced(b *price.Book) func(*Invocation) Bill {
	return func(inv *Invocation) Bill {
		run := price.Run{
			Region: inv.Function.Region, Arch: inv.Arch, Memory: inv.MemorySize, At: inv.Start.Std(),
			Duration: inv.Duration, Billed: inv.Billed,
		}
		switch inv.Init {
		case Provisioned:
			run.Start = price.Provisioned
		case SnapStart:
			run.Start, run.Restore = price.SnapStart, inv.InitTime
		default:
			run.Init = inv.InitTime
		}
		var bill Bill
		for _, l := range b.Run(run) {
			switch l.What {
			case price.Requests:
				bill.Requests += l.USD
			case price.Init, price.Restored:
				bill.Init += l.USD
			default:
				bill.Compute += l.USD
			}
		}
		if inv.MemorySize == 0 {
			bill.Unknown = 1
		}
		if inv.Duration > 0 {
			var idle float64
			for _, i := range inv.Idle {
				idle += float64(i.Time)
			}
			bill.Waiting = bill.Compute * min(1, idle/float64(inv.Duration))
		}
		return bill
	}
}
