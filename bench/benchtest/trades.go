package benchtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// trade is a line of a request, and of the file that keeps it.
type trade struct {
	ID, UserID, Symbol, Status string
}

// trades are what a Server stores. They are guarded by the server's mu.
type trades struct {
	requests int
	count    int
	versions map[string]int // by id
	users    map[string]*account
	file     *os.File // nil without a folder
}

type account struct {
	trades  int
	symbols map[string]bool
}

// openTrades reads what an earlier server stored in a folder.
func openTrades(folder string) *trades {
	t := &trades{versions: map[string]int{}, users: map[string]*account{}}
	if folder == "" {
		return t
	}
	file, err := os.OpenFile(filepath.Join(folder, "trades"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		panic(err)
	}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var one trade
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			panic(err)
		}
		t.add(one)
	}
	t.file = file
	return t
}

func (t *trades) close() {
	if t.file != nil {
		t.file.Close()
	}
}

func (t *trades) account(user string) *account {
	if t.users[user] == nil {
		t.users[user] = &account{symbols: map[string]bool{}}
	}
	return t.users[user]
}

// add stores a trade and tells whether it was there.
func (t *trades) add(one trade) (version int, duplicate bool) {
	if version, duplicate = t.versions[one.ID]; duplicate {
		return version, true
	}
	a := t.account(one.UserID)
	a.trades++
	a.symbols[one.Symbol] = true
	t.versions[one.ID] = a.trades
	if t.file != nil {
		if err := json.NewEncoder(t.file).Encode(one); err != nil {
			panic(err)
		}
	}
	return a.trades, false
}

// takeTrades answers POST /api/trades.
func (s *Server) takeTrades(w http.ResponseWriter, r *http.Request) {
	claims, err := s.claims(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil || fmt.Sprint(claims["roles"]) != "[executor]" {
		http.Error(w, `{"title":"no executor"}`, http.StatusForbidden)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trades.requests++
	if s.behaviour.Trade != nil && s.behaviour.Trade(s.trades.requests, w) {
		return
	}
	accepted, duplicates := 0, 0
	var last map[string]any
	for decoder := json.NewDecoder(r.Body); ; accepted++ {
		var one trade
		if err := decoder.Decode(&one); err == io.EOF {
			break
		} else if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var duplicate bool
		if last, duplicate = s.store(one); duplicate {
			duplicates++
		}
	}
	if r.Header.Get("Content-Type") == "application/x-ndjson" {
		last = map[string]any{"success": true, "accepted": accepted, "duplicates": duplicates}
	}
	_ = json.NewEncoder(w).Encode(last)
}

// store takes a trade, tells its user's dashboards and returns the answer to it.
func (s *Server) store(one trade) (answer map[string]any, duplicate bool) {
	version := 1
	if s.behaviour.Forget == nil || !s.behaviour.Forget(one.ID) {
		version, duplicate = s.trades.add(one)
	}
	s.trades.count++
	notices := 1
	if s.behaviour.Notices != nil {
		notices = s.behaviour.Notices(s.trades.count)
	}
	for _, d := range s.dashboards {
		for range notices {
			if d.user == one.UserID {
				d.say(fmt.Sprintf(`42["trade:executed",{"id":%q,"orderId":"o","trade":{"id":"nested"}},"7"]`, one.ID))
			}
		}
	}
	return map[string]any{
		"success": true, "id": one.ID, "userId": one.UserID, "status": one.Status, "version": version, "duplicate": duplicate,
	}, duplicate
}

// showTrades answers GET /api/trades with its summary alone.
func (s *Server) showTrades(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, func(a *account) any {
		return map[string]any{"success": true, "data": map[string]any{"summary": map[string]any{"totalTrades": a.trades}}}
	})
}

// showPortfolio answers GET /api/portfolio with what the harness looks at.
func (s *Server) showPortfolio(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, func(a *account) any {
		return map[string]any{"positions": make([]struct{}, len(a.symbols)), "performance": map[string]any{"totalTrades": a.trades}}
	})
}

func (s *Server) show(w http.ResponseWriter, r *http.Request, what func(*account) any) {
	claims, err := s.claims(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		http.Error(w, `{"title":"who are you"}`, http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = json.NewEncoder(w).Encode(what(s.trades.account(fmt.Sprint(claims["userId"]))))
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, `{"status":"healthy","journal":{"available":true}}`)
}
