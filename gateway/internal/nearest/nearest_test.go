// SPDX-License-Identifier: Apache-2.0

package nearest

import (
	"strings"
	"testing"
)

func TestDidYouMean(t *testing.T) {
	known := []string{"pageSize", "pageToken", "filter"}
	for wrong, want := range map[string]string{
		"pagesize": "; did you mean pageSize?", "pageTokn": "; did you mean pageToken?", "fliter": "; did you mean filter?",
		"color": "", "": "", strings.Repeat("pageSize", 1000): "",
	} {
		if got := DidYouMean(wrong, known); got != want {
			t.Errorf("%.20q: got %q", wrong, got)
		}
	}
}
