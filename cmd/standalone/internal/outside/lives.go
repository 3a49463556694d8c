package outside

import (
	"fmt"
	"os"
	"strconv"
)

// Lives is how many orders a test of random lives runs: few by default, as many as LIVES says where
// somebody wants to know.
func Lives(few int) (int, error) {
	text := os.Getenv("LIVES")
	if text == "" {
		return few, nil
	}
	many, err := strconv.Atoi(text)
	if err != nil || many < 1 {
		return 0, fmt.Errorf("LIVES is %q; it has to be a number of orders", text)
	}
	return many, nil
}
