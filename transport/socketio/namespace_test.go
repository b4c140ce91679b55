package socketio

import (
	"slices"
	"strings"
	"testing"
)

// A namespace is what stands between the slash and the comma, to the letter. There
// is no escape, so it has no comma.
func TestNamespacesAreTakenToTheLetter(t *testing.T) {
	long := "/" + strings.Repeat("n", maxNamespaceBytes-1)
	refused := func(namespace string) string {
		return "4" + namespace + `,{"message":"Invalid namespace"}`
	}
	for says, want := range map[string]struct{ sent, closed string }{
		`0/,`:               {sent: root0},
		`0/`:                {sent: root0},
		`0/?token=abc`:      {sent: root0},
		`0/admin?a=b&c=/d,`: {sent: admin0},
		`0/admin,12{}`:      {sent: admin0},
		`0/Admin,`:          {sent: refused("/Admin")},
		`0/admin/,`:         {sent: refused("/admin/")},
		`0//,`:              {sent: refused("//")},
		`0//admin,`:         {sent: refused("//admin")},
		`0/ad%6din,`:        {sent: refused("/ad%6din")},
		`0/admin {},`:       {sent: refused("/admin {}")},
		`0/__proto__,`:      {sent: refused("/__proto__")},
		`0` + long:          {sent: refused(long)},
		`0` + long + `n,`:   {closed: parseError + "a namespace of"},
		`0admin,`:           {closed: parseError + "the packet's data is not JSON"},
		`0,`:                {closed: parseError + "the packet's data is not JSON"},
		`0/admin,,`:         {closed: parseError + "the packet's data is not JSON"},
		`0/admin,/more,{}`:  {closed: parseError + "the packet's data is not JSON"},
		`0{},/admin`:        {closed: parseError + "the packet's data is not JSON"},
	} {
		t.Run(says, func(t *testing.T) {
			c := newServed(t, DefaultOptions(), accept)
			c.says(says)
			var sent []string
			if want.sent != "" {
				sent = []string{want.sent}
			}
			if got := c.e.take(); !slices.Equal(got, sent) {
				t.Errorf("sent %q, want %q", got, sent)
			}
			if closed := c.e.closing(); !strings.HasPrefix(closed, want.closed) || (closed == "") != (want.closed == "") {
				t.Errorf("closed %q, want %q", closed, want.closed)
			}
			c.ends()
		})
	}
}
