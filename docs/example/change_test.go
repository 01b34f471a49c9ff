package example

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestChangeSaysWhatIsOver(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /products/{id}/price", changePrice)
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/products/7/price", nil))
	if got := answer.Header().Get("Cache-Group-Invalidation"); got != `"product:7", "lists"` || answer.Code != http.StatusSeeOther {
		t.Error(answer.Code, got)
	}
}
