package adminv1

// Ref names another object. Name is "" where the caller may not see the object.
type Ref struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// GroupRef names a group of devices, and says which kind of group it is.
type GroupRef struct {
	Ref
	Kind string `json:"kind" enum:"chosen,rule,folder"`
}

// Page is one part of a list.
type Page[T any] struct {
	Items       []T    `json:"items"`
	Next        string `json:"next" doc:"Give it as cursor to get the next page; empty at the end."`
	Total       *int   `json:"total,omitempty" doc:"Rows of all pages, where it is counted, up to a cap."`
	TotalCapped bool   `json:"totalCapped,omitempty" doc:"There are more than total."`
}

// Note is something that an administrator should know now.
type Note struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Waiting says whether something was done at once or waits for other administrators.
type Waiting struct {
	Approval string `json:"approval" doc:"The approval it waits for; empty when it was done at once."`
	Needed   int    `json:"needed" doc:"Approvers who are still needed."`
}

// Proof shows that the person is there: a one-time code, or a passkey's answer to the question that begin has given.
type Proof struct {
	Code       string `json:"code,omitempty" maxLength:"10" doc:"The one-time code of the authenticator app."`
	Credential any    `json:"credential,omitempty" doc:"The browser's answer, PublicKeyCredential.toJSON()."`
}

// PasskeyQuestion is what a browser is asked: the options of navigator.credentials.get or create in their JSON form.
type PasskeyQuestion struct {
	PublicKey any `json:"publicKey"`
}

// Reason says why something is done; it is kept.
type Reason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500"`
}

// IDs names objects of one kind.
type IDs struct {
	IDs []string `json:"ids" minItems:"1" maxItems:"1000"`
}

// Problem is an error as RFC 9457 writes it.
type Problem struct {
	Type    string  `json:"type" doc:"Always about:blank."`
	Title   string  `json:"title" doc:"The status in words."`
	Status  int     `json:"status"`
	Code    string  `json:"code" doc:"Stable, dotted, for programs."`
	Detail  string  `json:"detail" doc:"What is wrong and how to mend it, for people."`
	Field   string  `json:"field,omitempty" doc:"The input at fault."`
	Errors  []Fault `json:"errors,omitempty" doc:"Every input at fault, where there are several."`
	Request string  `json:"request,omitempty" doc:"The number under which the server's log knows the request."`
}

// Fault is one input at fault.
type Fault struct {
	Location string `json:"location" doc:"Where it stands: body.name, query.limit."`
	Message  string `json:"message"`
}

// Error returns the sentence for people.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns the media type of problems (RFC 9457 section 3).
func (p *Problem) ContentType(string) string { return "application/problem+json" }
