package api

import (
	"context"

	"clew/internal/connect"
)

// placeholderToken is what a person replaces with a token of theirs: the server
// keeps none that it could show.
const placeholderToken = "YOUR_TOKEN"

func (a *API) getConnect(ctx context.Context, _ *struct{}) (*body[ConnectList], error) {
	token := ""
	if a.TokenAuth {
		token = placeholderToken
	}
	s, err := connect.NewServer(requestOf(ctx).endpoint, token)
	if err != nil {
		return nil, badRequest(err)
	}
	out := &body[ConnectList]{}
	for _, c := range connect.Clients() {
		row := ConnectClient{Name: c.Name, Says: c.Says, Doc: "docs/" + c.Doc}
		for _, w := range c.Ways {
			way := ConnectWay{Language: w.Language, Lead: s.Fill(w.Lead), Lines: s.Fill(w.Lines), Traps: []string{}}
			for _, t := range w.Traps {
				way.Traps = append(way.Traps, s.Fill(t))
			}
			row.Ways = append(row.Ways, way)
		}
		out.Body.Clients = append(out.Body.Clients, row)
	}
	return out, nil
}
