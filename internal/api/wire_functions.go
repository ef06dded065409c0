package api

// This file is what the REST API says of functions. Dollars are of the price list
// that GET /api/transactions/{id} names; times are those of invocations that
// started in the window.

// FunctionList answers GET /api/functions?q&from&to&sort.
type FunctionList struct {
	From      string        `json:"from" format:"date-time"`
	To        string        `json:"to" format:"date-time"`
	StepNS    int64         `json:"step_ns" doc:"time between the points of a spark"`
	Functions []FunctionRow `json:"functions"`
	Empty     *Empty        `json:"empty,omitempty" doc:"why there is nothing, when there is nothing"`
	Answer
}

// FunctionRow is one function over a window.
type FunctionRow struct {
	Name    string `json:"name"`
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	FunctionSums
	Spark  []uint64 `json:"spark" doc:"invocations, one a step"`
	Errors []uint64 `json:"errors_spark" doc:"failed invocations, one a step"`
}

// FunctionSums are sums over invocations.
type FunctionSums struct {
	Invocations uint64 `json:"invocations"`
	Failed      uint64 `json:"errors" doc:"invocations that failed in any way; batches that failed in part are not among them"`
	Timeouts    uint64 `json:"timeouts"`
	OOM         uint64 `json:"oom" doc:"killed for want of memory"`
	Crashes     uint64 `json:"crashes"`
	Throttled   uint64 `json:"throttled"`
	Partial     uint64 `json:"partial_batches" doc:"batches that failed in part"`
	Records     uint64 `json:"failed_records" doc:"of these batches"`
	Cold        uint64 `json:"cold" doc:"invocations that waited for a new environment"`
	Restored    uint64 `json:"restored" doc:"of cold: from a snapshot"`
	Provisioned uint64 `json:"provisioned" doc:"first invocations of environments made ahead"`

	InitNS   int64  `json:"init_ns" doc:"of all cold starts that told"`
	TotalNS  int64  `json:"total_ns"`
	MinNS    int64  `json:"min_ns"`
	MeanNS   int64  `json:"mean_ns"`
	P50NS    int64  `json:"p50_ns" doc:"within 1.6 %"`
	P95NS    int64  `json:"p95_ns"`
	P99NS    int64  `json:"p99_ns"`
	MaxNS    int64  `json:"max_ns"`
	BilledNS int64  `json:"billed_ns" doc:"as the platform told it"`
	Told     uint64 `json:"billed_told" doc:"invocations whose billed time the platform told"`

	MemorySize int64 `json:"memory_size" doc:"bytes; 0: not told"`
	MemoryMax  int64 `json:"memory_max" doc:"bytes used at most; 0: not told"`
	MemoryMean int64 `json:"memory_mean"`

	IdleNS int64          `json:"idle_ns" doc:"billed while waiting for others"`
	Idle   []FunctionIdle `json:"idle" doc:"idle_ns by what was waited for, longest first"`
	USD    float64        `json:"usd"`
	Cost   FunctionCost   `json:"cost" doc:"the parts of usd"`
}

// FunctionIdle is time spent waiting for one resource.
type FunctionIdle struct {
	Kind string  `json:"kind" doc:"as in Node"`
	Name string  `json:"name"`
	NS   int64   `json:"ns"`
	USD  float64 `json:"usd" doc:"part of cost.waiting"`
}

// FunctionCost is what a function cost. computing + waiting + init + requests is usd.
type FunctionCost struct {
	Computing float64 `json:"computing"`
	Waiting   float64 `json:"waiting"`
	Init      float64 `json:"init"`
	Requests  float64 `json:"requests"`
	Unknown   uint64  `json:"unknown" doc:"invocations without a price, because nobody told their memory size"`
	PerDay    float64 `json:"usd_per_day" doc:"at the rate of the window"`
	PerM      float64 `json:"usd_per_million" doc:"invocations that have a price"`
}

// Function answers GET /api/functions/{account}/{region}/{name}; "-" stands for an
// account or region that nobody told.
type Function struct {
	From   string `json:"from" format:"date-time"`
	To     string `json:"to" format:"date-time"`
	StepNS int64  `json:"step_ns"`
	FunctionRow
	Points   []FunctionPoint   `json:"points"`
	Versions []FunctionVersion `json:"versions" doc:"newest first"`
	Advice   []FunctionAdvice  `json:"advice"`
	Recent   []InvocationRow   `json:"recent" doc:"the newest invocations"`
	Answer
}

// FunctionPoint is one step of a window.
type FunctionPoint struct {
	At string `json:"at" format:"date-time"`
	FunctionSums
	Concurrency float64 `json:"concurrency" doc:"invocations running at once, on average"`
}

// FunctionVersion is what one version of a function did.
type FunctionVersion struct {
	Version string `json:"version" doc:"\"\" where nobody told it"`
	First   string `json:"first" format:"date-time" doc:"step of its first invocation in the window"`
	FunctionSums
}

// FunctionAdvice is one thing worth doing.
type FunctionAdvice struct {
	Kind      string  `json:"kind" enum:"timeouts,memory-short,memory-spare,idle,cold-starts"`
	Text      string  `json:"text"`
	USDPerDay float64 `json:"usd_per_day,omitempty" doc:"what it would save, or is lost now"`
}

// InvocationRow is one run of a function.
type InvocationRow struct {
	At         string  `json:"at" format:"date-time"`
	Request    string  `json:"request,omitempty"`
	Version    string  `json:"version,omitempty"`
	Trigger    string  `json:"trigger,omitempty"`
	Outcome    string  `json:"outcome" enum:"ok,error,timeout,oom,crash,throttled,partial,running"`
	Error      string  `json:"error,omitempty"`
	Init       string  `json:"init" enum:"warm,cold,provisioned,snapstart"`
	InitNS     int64   `json:"init_ns"`
	DurationNS int64   `json:"duration_ns"`
	BilledNS   int64   `json:"billed_ns" doc:"0: not told"`
	IdleNS     int64   `json:"idle_ns"`
	MemoryUsed int64   `json:"memory_used" doc:"bytes; 0: not told"`
	USD        float64 `json:"usd"`
	Trace      string  `json:"trace,omitempty" doc:"of the transaction it belongs to; absent where only log lines tell of it"`
	Span       string  `json:"span,omitempty"`
}
