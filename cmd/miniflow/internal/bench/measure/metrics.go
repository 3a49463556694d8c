package measure

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Requests counts the calls to Temporal by their names.
type Requests map[string]float64

// failedTry is how a worker tells Temporal that a try of an activity has failed.
const failedTry = "RespondActivityTaskFailed"

// processes' own calls, which come however many orders there are.
var ofTheProcess = map[string]bool{
	"PollWorkflowTaskQueue": true, "PollActivityTaskQueue": true, "PollNexusTaskQueue": true,
	"RecordWorkerHeartbeat": true, "ShutdownWorker": true, "GetSystemInfo": true, "DescribeNamespace": true,
}

// ParseRequests reads the counters that the Temporal SDK keeps of its calls from a text in
// Prometheus' format. Polls and what a process asks for itself are left out.
func ParseRequests(text io.Reader) (Requests, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(text)
	if err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	counted := Requests{}
	for _, name := range []string{"temporal_request_total", "temporal_long_request_total"} {
		for _, metric := range families[name].GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "operation" {
					counted.Add(label.GetValue(), metric.GetCounter().GetValue())
				}
			}
		}
	}
	return counted, nil
}

// Add counts calls, unless they are a process's own.
func (r Requests) Add(operation string, n float64) {
	if !ofTheProcess[operation] {
		r[operation] += n
	}
}

// Since returns what was called after an earlier count.
func (r Requests) Since(before Requests) Requests {
	since := Requests{}
	for operation, n := range r {
		if n > before[operation] {
			since[operation] = n - before[operation]
		}
	}
	return since
}

// Without returns what is left once what is asked without any work is taken off, times over.
func (r Requests) Without(idle Requests, times float64) Requests {
	left := Requests{}
	for operation, n := range r {
		if n -= idle[operation] * times; n > 0 {
			left[operation] = n
		}
	}
	return left
}

// Plus returns the sum of two counts.
func (r Requests) Plus(other Requests) Requests {
	sum := Requests{}
	for _, counted := range []Requests{r, other} {
		for operation, n := range counted {
			sum[operation] += n
		}
	}
	return sum
}

// Total returns the calls without failed tries, which are counted apart: how many there are
// follows from how long somebody outside takes.
func (r Requests) Total() (total float64) {
	for operation, n := range r {
		if operation != failedTry {
			total += n
		}
	}
	return total
}

// FailedTries returns how many tries of activities have failed.
func (r Requests) FailedTries() float64 { return r[failedTry] }

// FetchRequests sums what several processes have counted; each shows it at its own address.
func FetchRequests(ctx context.Context, client *http.Client, addresses ...string) (Requests, error) {
	sum := Requests{}
	for _, address := range addresses {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(address, "/")+"/metrics", nil)
		if err != nil {
			return nil, err
		}
		answer, err := client.Do(request)
		if err != nil {
			return nil, fmt.Errorf("read the metrics: %w", err)
		}
		counted, err := ParseRequests(answer.Body)
		_ = answer.Body.Close() // it was only read
		if err != nil {
			return nil, err
		}
		sum = sum.Plus(counted)
	}
	return sum, nil
}

// Operations returns the names of the calls, the most frequent first.
func (r Requests) Operations() []string {
	names := slices.Sorted(maps.Keys(r))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(r[b], r[a]) })
	return names
}
