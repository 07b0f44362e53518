package reports

// Bucket is the aging bucket of so many days: an index into [BucketNames].
func Bucket(days int) int {
	bucket := 0
	for i, from := range BucketStarts() {
		if days >= from {
			bucket = i
		}
	}
	return bucket
}

// BucketStarts are the first days of the aging buckets (3.5).
func BucketStarts() [6]int { return [6]int{0, 4, 8, 15, 31, 61} }

// BucketNames are the aging buckets as people write them.
func BucketNames() [6]string { return [6]string{"0-3", "4-7", "8-14", "15-30", "31-60", "61+"} }
