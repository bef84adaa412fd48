package compliance

import (
	"fmt"
	"math"
	"slices"
	"time"

	"drover/internal/core/policy"
)

// Position is a place on the earth, in degrees of WGS 84.
type Position struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Circle is all that is within some distance of a place.
type Circle struct {
	Position
	Metres float64 `json:"metres"` // 100 m to 5,000 km
}

// Area is a circle or a polygon on the earth, for how long a position tells anything of it, and when anybody asks.
type Area struct {
	Circle *Circle `json:"circle,omitempty"`
	// Polygon has 3 to 100 corners, in order; its edges are straight where degrees are a square grid, go the shorter way around
	// the earth, and may cross the 180th meridian, but it goes around neither pole.
	Polygon []Position `json:"polygon,omitempty"`
	// Hours is how old a position may be; from an older one nobody knows where the device is. 1 to 8760, and 24 where it is 0.
	Hours int `json:"hours"`
	// During is when the area is asked for; at other times a device may be anywhere. Nil is always.
	During *policy.Week `json:"during,omitempty"`
}

const (
	minMetres  = 100
	maxMetres  = 5_000_000
	maxCorners = 100
	// areaHours is for how long a position counts unless the rule says otherwise: devices tell one each quarter of an hour to
	// each day.
	areaHours = 24
)

// ofArea tells whether the rule's condition is one of an area.
func (r *Rule) ofArea() bool { return r.Condition == OutsideArea || r.Condition == InsideArea }

// checkArea fills in how long a position counts where nobody has said it.
func (r *Rule) checkArea() error {
	if r.Area == nil || (r.Area.Circle == nil) == (len(r.Area.Polygon) == 0) {
		return invalid("area", "An area is a circle or a polygon.")
	}
	area := *r.Area
	if area.Hours == 0 {
		area.Hours = areaHours
	}
	if area.Hours < 1 || area.Hours > maxHours {
		return invalid("area.hours", "A position counts for 1 to 8760 hours.")
	}
	r.Area = &area
	if c := area.Circle; c != nil && (!c.valid() || !(c.Metres >= minMetres && c.Metres <= maxMetres)) {
		return invalid("area.circle", "A circle has a latitude, a longitude, and a radius of 100 to 5000000 metres.")
	}
	if area.Circle == nil {
		if why := checkPolygon(area.Polygon); why != "" {
			return invalid("area.polygon", why)
		}
	}
	if area.During == nil {
		return nil
	}
	return r.checkDuring(area.During)
}

// checkDuring refuses what would never follow: a breach ends with the time at which the area is asked for.
func (r *Rule) checkDuring(w *policy.Week) error {
	if faults := w.Faults(); len(faults) > 0 {
		return invalid("area.during", faults[0].Message)
	}
	if len(w.Windows) == 0 {
		return invalid("area.during", "Say at which times of the week the area is asked for, or leave them out for always.")
	}
	for _, x := range w.Windows {
		if time.Duration(r.Grace)*time.Hour >= x.Length() {
			return invalid("grace", "The grace is shorter than each of the times at which the area is asked for: at their end it is over.")
		}
	}
	if r.RetireAfter > 0 || r.WipeAfter > 0 {
		return invalid("area.during", "A rule that is asked for at some times alone neither retires nor erases: at their end it is over.")
	}
	return nil
}

func (p Position) valid() bool { return math.Abs(p.Latitude) <= 90 && math.Abs(p.Longitude) <= 180 }

// checkPolygon says why the corners are no polygon; "" when they are.
func checkPolygon(corners []Position) string {
	if len(corners) < 3 || len(corners) > maxCorners {
		return "A polygon has 3 to 100 corners."
	}
	around, area := 0.0, 0.0
	for i, c := range corners {
		if !c.valid() {
			return fmt.Sprintf("Corner %d is no place: a latitude of -90 to 90 and a longitude of -180 to 180.", i+1)
		}
		next := corners[(i+1)%len(corners)]
		step := turn(next.Longitude - c.Longitude)
		around += step
		area += step * (c.Latitude + next.Latitude)
	}
	switch {
	case math.Abs(around) > 1: // degrees; it is 0 or a whole turn
		return "A polygon goes around neither pole."
	case math.Abs(area) < 1e-9: // square degrees: some square metres
		return "The corners enclose nothing, or the edges cross."
	}
	return ""
}

// turn is an angle as the shorter way: -180 to 180 degrees.
func turn(degrees float64) float64 { return math.Remainder(degrees, 360) }

// contains tells whether a position is within the area.
func (a *Area) contains(p Position) bool {
	if a.Circle != nil {
		return a.Circle.contains(p)
	}
	return inPolygon(a.Polygon, p)
}

const earth = 6_371_009 // metres, the mean radius

// contains goes by the great circle.
func (c *Circle) contains(p Position) bool {
	const degree = math.Pi / 180
	dLat, dLon := (p.Latitude-c.Latitude)*degree, (p.Longitude-c.Longitude)*degree
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(c.Latitude*degree)*math.Cos(p.Latitude*degree)*math.Pow(math.Sin(dLon/2), 2)
	return 2*earth*math.Asin(math.Sqrt(min(h, 1))) <= c.Metres
}

// inPolygon counts the edges that a way to the north pole crosses: an odd number where it begins inside.
func inPolygon(corners []Position, p Position) bool {
	inside := false
	for i, c := range corners {
		next := corners[(i+1)%len(corners)]
		// Longitudes count from the position, so that the 180th meridian is nothing special, and an edge goes the shorter way.
		from := turn(c.Longitude - p.Longitude)
		step := turn(next.Longitude - c.Longitude)
		crosses := (from <= 0) != (from+step <= 0)
		if crosses && c.Latitude-from/step*(next.Latitude-c.Latitude) > p.Latitude {
			inside = !inside
		}
	}
	return inside
}

// sameShape tells whether two areas hold the same places.
func (a *Area) sameShape(b *Area) bool {
	if a.Circle == nil || b.Circle == nil {
		return a.Circle == b.Circle && slices.Equal(a.Polygon, b.Polygon)
	}
	return *a.Circle == *b.Circle
}

// asks tells whether the rule asks anything at a time: one of an area may at some times of the week alone.
func (r *Rule) asks(at time.Time) bool {
	return !r.ofArea() || r.Area.During == nil || r.Area.During.Holds(at)
}

// placed judges the last position of the times at which the area is asked for, unless it is too old to tell where the device is.
func (r *Rule) placed(f Facts) (Answer, string) {
	if !r.asks(f.Now) {
		return Keeps, "It may be anywhere at this time."
	}
	p, known := f.Places[r.ID]
	if !known || !r.asks(p.At) {
		return Unknown, "It has not told where it is."
	}
	if old := int(f.Now.Sub(p.At) / time.Hour); old >= r.Area.Hours {
		return Unknown, fmt.Sprintf("Its last position is %s old, and one counts for %d.", hours(old), r.Area.Hours)
	}
	const inside, outside = "It is inside the area.", "It is outside the area."
	if r.Condition == InsideArea {
		return decided(p.Inside, inside, outside)
	}
	return decided(!p.Inside, outside, inside)
}
