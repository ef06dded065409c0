package alert

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is a time of some days of the week: from before to, in minutes of the day, or
// over midnight, when it belongs to the day it began on.
type span struct {
	days     [7]bool // from Sunday
	from, to int
	zone     *time.Location
}

func parseTimes(texts []string) ([]span, error) {
	var all []span
	for _, t := range texts {
		s, err := parseTime(t)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// parseTime reads "Mon-Fri 08:00-18:00 Europe/Berlin"; days, hours and zone may each
// be left out, and mean every day, the whole day and UTC.
func parseTime(text string) (s span, err error) {
	s.to, s.zone = 24*60, time.UTC
	words := strings.Fields(text)
	if len(words) == 0 {
		return s, fmt.Errorf("expected a time such as Mon-Fri 08:00-18:00 Europe/Berlin")
	}
	for i := range s.days {
		s.days[i] = true
	}
	if days, ok := parseDays(words[0]); ok {
		s.days, words = days, words[1:]
	}
	if len(words) > 0 && strings.Contains(words[0], ":") {
		if s.from, s.to, err = parseHours(words[0]); err != nil {
			return s, err
		}
		words = words[1:]
	}
	if len(words) > 1 {
		return s, fmt.Errorf("expected days, hours and a time zone in %q", text)
	}
	if len(words) == 1 {
		if s.zone, err = time.LoadLocation(words[0]); err != nil || words[0] == "Local" {
			return s, fmt.Errorf("%q is neither a day nor a time zone", words[0])
		}
	}
	return s, nil
}

var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseDays reads Mon-Fri or Sat,Sun.
func parseDays(s string) (days [7]bool, ok bool) {
	day := func(s string) int {
		for i, name := range dayNames {
			if strings.EqualFold(s, name) {
				return i
			}
		}
		return -1
	}
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(part, "-")
		from := day(first)
		to := from
		if isRange {
			to = day(last)
		}
		if from < 0 || to < 0 {
			return days, false
		}
		for i := from; ; i = (i + 1) % 7 {
			days[i] = true
			if i == to {
				break
			}
		}
	}
	return days, true
}

func parseHours(s string) (from, to int, err error) {
	first, last, _ := strings.Cut(s, "-")
	if from, err = parseMinute(first); err == nil {
		to, err = parseMinute(last)
	}
	if err == nil && from == to {
		err = fmt.Errorf("expected hours such as 22:00-06:00, found %q", s)
	}
	return from, to, err
}

func parseMinute(s string) (int, error) {
	hour, minute, ok := strings.Cut(s, ":")
	h, err := strconv.Atoi(hour)
	m, err2 := strconv.Atoi(minute)
	if !ok || err != nil || err2 != nil || len(minute) != 2 || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, fmt.Errorf("expected hours such as 08:00-18:00, found %q", s)
	}
	return h*60 + m, nil
}

func (s *span) has(t time.Time) bool {
	t = t.In(s.zone)
	minute, day := t.Hour()*60+t.Minute(), int(t.Weekday())
	if s.from < s.to {
		return s.days[day] && minute >= s.from && minute < s.to
	}
	return s.days[day] && minute >= s.from || s.days[(day+6)%7] && minute < s.to
}

// Silent reports whether the rule's schedule wants no messages at t.
func (r *Rule) Silent(t time.Time) bool {
	for i := range r.mute {
		if r.mute[i].has(t) {
			return true
		}
	}
	for i := range r.active {
		if r.active[i].has(t) {
			return false
		}
	}
	return len(r.active) > 0
}
