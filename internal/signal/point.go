package signal

// PointKind is the type of a metric.
type PointKind uint8

// The kinds of metric.
const (
	Gauge PointKind = iota
	Sum
	Histogram
	ExpHistogram
	Summary
)

var pointKindNames = [...]string{"gauge", "sum", "histogram", "exponential_histogram", "summary"}

func (k PointKind) String() string {
	if int(k) < len(pointKindNames) {
		return pointKindNames[k]
	}
	return "unknown"
}

// Temporality is OpenTelemetry's aggregation temporality, with its numbers.
type Temporality uint8

// The temporalities.
const (
	TemporalityUnset Temporality = iota
	Delta
	Cumulative
)

// Metric names what a point measures; the points of one metric share it.
type Metric struct {
	Name, Unit, Description string
	Kind                    PointKind
	Temporality             Temporality
	Monotonic               bool
}

// Point is one metric sample. Value is an int or double for gauges and sums and
// empty for distributions, which use Dist.
type Point struct {
	Metric    Metric
	Start, At Time
	Flags     uint32 // bit 0: no recorded value
	Attrs     Attrs
	Value     Value
	Dist      *Distribution
	Exemplars []Exemplar
}

// Distribution is the content of a histogram, exponential histogram or summary.
// Sum, Min and Max are meaningful only where Has says so.
type Distribution struct {
	Count         uint64
	Sum, Min, Max float64
	Has           DistField

	Bounds []float64 // explicit histogram: upper bounds, len(Counts)-1
	Counts []uint64

	Scale              int32 // exponential histogram: base = 2^(2^-Scale)
	ZeroCount          uint64
	ZeroThreshold      float64
	Positive, Negative Buckets

	Quantiles []Quantile // summary
}

// DistField tells which optional numbers a Distribution carries.
type DistField uint8

// The optional numbers of a Distribution.
const (
	HasSum DistField = 1 << iota
	HasMin
	HasMax
)

// Buckets are the dense counts of an exponential histogram from index Offset up.
type Buckets struct {
	Offset int32
	Counts []uint64
}

// Quantile is one line of a summary.
type Quantile struct{ Q, Value float64 }

// Exemplar is a sample that stands for others, with the trace it came from.
type Exemplar struct {
	At    Time
	Value Value
	Trace TraceID
	Span  SpanID
	Attrs Attrs
}
