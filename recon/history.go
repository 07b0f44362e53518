package recon

// knowHistory takes in what earlier runs posted. What was posted for a row of
// the range that comes again is left out: this run replaces it, whichever run
// posted it.
func (r *run) knowHistory() {
	var kept []Posted
	for i := range r.in.History {
		if h := &r.in.History[i]; !r.decidedAnew(h) {
			kept = append(kept, *h)
		}
	}
	r.in.History = kept
	for i := range kept {
		h := &kept[i]
		id := packID(h.ID)
		r.history[id] = append(r.history[id], i)
		if h.HoldsSuspense() {
			r.held[i] = h.Suspended
		}
	}
}

// decidedAnew tells a posted event of the range whose row is in this run's input.
func (r *run) decidedAnew(h *Posted) bool {
	if settled := r.postedDate(h); settled < r.p.From || settled > r.p.To {
		return false
	}
	for _, i := range r.rowsWithID(h.ID) {
		if row := r.row(i); row.flags&flagFault == 0 && sameNaturalKind(row.kind, h.Type) {
			return true
		}
	}
	return false
}
