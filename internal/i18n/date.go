package i18n

import (
	"context"
	"time"
)

// A time at exactly midnight UTC is a calendar day, as PostgreSQL's date comes back,
// and is the same day everywhere. Anything else is a moment, shown in the reader's zone.
func (r *reader) local(t time.Time) time.Time {
	t = t.UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t
	}
	return t.In(r.zone)
}

// Date writes a day at length: 30 June 2027, 30. juni 2027, and in Finnish, where
// digits are what people write, 30.6.2027.
func Date(ctx context.Context, t time.Time) string {
	r := of(ctx)
	if r.lang == "fi" {
		return r.locale.FmtDateMedium(r.local(t))
	}
	return r.locale.FmtDateLong(r.local(t))
}

// ShortDate writes a day for a table: 30 Jun 2027, 30.6.2027, 30. jun. 2027.
func ShortDate(ctx context.Context, t time.Time) string {
	r := of(ctx)
	return r.locale.FmtDateMedium(r.local(t))
}

// Time writes a moment's time of day in the reader's zone: 09:40, in Finnish 9.40.
func Time(ctx context.Context, t time.Time) string {
	r := of(ctx)
	return r.locale.FmtTimeShort(t.In(r.zone))
}

// DateTime writes a moment: 21 Nov 2026, 09:40.
func DateTime(ctx context.Context, t time.Time) string {
	r := of(ctx)
	day := r.locale.FmtDateMedium(t.In(r.zone))
	return T(ctx, "time.date_at", "Date", day, "Time", Time(ctx, t))
}
