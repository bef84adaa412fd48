package server

import "drover/internal/service/collection"

// collection makes the service that takes inventories from agents of others.
func (s *Server) collection() *collection.Service {
	z := s.zone
	return collection.New(collection.Deps{
		Log: s.log, Clock: z.Clock, Inventory: z.Inventory, ByToken: z.Enrol.ByToken, Inventoried: z.Devices.Inventoried,
		AsksAbout: unasked{}.AsksAbout,
	})
}
