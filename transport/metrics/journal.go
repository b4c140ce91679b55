package metrics

import "outcry/persistence"

// journal is how saving goes.
var journal = []family{
	{"outcry_journal_available", "1 while trades and orders can be saved.", gauge, nil, one(func(r *Reading) float64 { return truth(r.Sample.Journal.Available) })},
	{"outcry_journal_commit_duration_seconds", "How long commits take until they are on disk.", histogram, nil, func(r *Reading, say *sayer) {
		took := &r.Journal.Took
		say.distribution(persistence.CommitBounds[:], took.Within[:], took.Count, took.Sum.Seconds())
	}},
	{"outcry_journal_appends_total", "Appends that those commits saved: divided by the count of commits it is how many share one.", counter, nil, one(func(r *Reading) float64 {
		return float64(r.Journal.Requests)
	})},
	{"outcry_journal_entries_total", "Entries that those commits wrote.", counter, nil, one(func(r *Reading) float64 { return float64(r.Journal.Entries) })},
	{"outcry_journal_queued", "Appends that wait for a commit.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Journal.Queued) })},
	{"outcry_journal_queue_bytes", "Bytes that wait for a commit.", gauge, nil, one(func(r *Reading) float64 { return float64(r.JournalQueue.Bytes) })},
	{"outcry_journal_queue_limit_bytes", "How many may wait: the setting journal.max_queue_bytes.", gauge, nil, one(func(r *Reading) float64 { return float64(r.JournalQueue.Limit) })},
	{"outcry_journal_queue_refused_total", "Appends that found no room in the queue.", counter, nil, one(func(r *Reading) float64 { return float64(r.JournalQueue.Refused) })},
	{"outcry_journal_bytes", "What the journal takes on disk.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Journal.Bytes) })},
	{"outcry_journal_disk_free_bytes", "What is free on its disk.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Journal.FreeBytes) })},
	{"outcry_journal_disk_reserve_bytes", "Below so much free space nothing is saved: the setting journal.reserve_bytes.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Journal.ReserveBytes) })},
	{"outcry_journal_disk_free_inodes", "Inodes that are free on its disk: each file takes one. Absent where the disk bounds none, and so is the reserve.", gauge, nil, ofInodes(func(s *persistence.Stats) int64 { return s.FreeInodes })},
	{"outcry_journal_disk_reserve_inodes", "Below so many free inodes nothing is saved.", gauge, nil, ofInodes(func(s *persistence.Stats) int64 { return s.ReserveInodes })},
	{"outcry_journal_scrub_last_end_timestamp_seconds", "When the whole journal was last compared with itself, in Unix time; absent before the first time since the start.", gauge, nil, ofLastScrub(func(s *persistence.ScrubStanding) float64 {
		return float64(s.Ended.UnixMilli()) / 1000
	})},
	{"outcry_journal_scrub_last_duration_seconds", "How long that took.", gauge, nil, ofLastScrub(func(s *persistence.ScrubStanding) float64 { return s.Took.Seconds() })},
	{"outcry_journal_scrub_read_bytes_total", "Bytes that were read to compare it.", counter, nil, one(func(r *Reading) float64 { return float64(r.Scrub.ReadBytes) })},
	{"outcry_journal_problems_found_total", "Places where the journal was not as it was written.", counter, nil, one(func(r *Reading) float64 { return float64(r.Scrub.Found) })},
	{"outcry_journal_problems_repaired_total", "Those of them that were repaired by what else the journal holds.", counter, nil, one(func(r *Reading) float64 { return float64(r.Scrub.Repaired) })},
	{"outcry_journal_problems", "Those that are left, an account counting as one; the log says what they are and what to do.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Scrub.Open) })},
	{"outcry_journal_damaged_accounts", "Accounts that are refused trades and orders, since what the journal holds of them is damaged.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Scrub.Damaged) })},
	{"outcry_journal_restored_entries_total", "Entries that the database had lost and that were put back since the start: a compaction that could not create a table, or a damaged log.", counter, nil, one(func(r *Reading) float64 { return float64(r.Journal.Restored) })},
	{"outcry_backup_last_success_timestamp_seconds", "When the last backup ended that was sent whole, in Unix time; kept in the journal over restarts and upgrades, absent before the first. Of a journal that was restored it is the one before that backup.", gauge, nil, ofLastBackup(func(b *persistence.LastBackup) float64 {
		return float64(b.Ended.UnixMilli()) / 1000
	})},
	{"outcry_backup_last_success_size_bytes", "How large that backup is.", gauge, nil, ofLastBackup(func(b *persistence.LastBackup) float64 { return float64(b.Bytes) })},
	{"outcry_backup_last_success_duration_seconds", "How long that backup took.", gauge, nil, ofLastBackup(func(b *persistence.LastBackup) float64 { return b.Took.Seconds() })},
	{"outcry_backup_failures_total", "Backups that were begun and broke off; the audit log says why.", counter, nil, one(func(r *Reading) float64 { return float64(r.FailedBackups) })},
}

// ofInodes is the reading of what there is only on disks that bound their files.
func ofInodes(value func(*persistence.Stats) int64) func(*Reading, *sayer) {
	return func(r *Reading, say *sayer) {
		if r.Journal.Inodes > 0 {
			say.value(float64(value(&r.Journal)))
		}
	}
}

// ofLastScrub is the reading of what there is only once the journal was compared.
func ofLastScrub(value func(*persistence.ScrubStanding) float64) func(*Reading, *sayer) {
	return func(r *Reading, say *sayer) {
		if !r.Scrub.Ended.IsZero() {
			say.value(value(&r.Scrub))
		}
	}
}

// ofLastBackup is the reading of what there is only once there was a backup.
func ofLastBackup(value func(*persistence.LastBackup) float64) func(*Reading, *sayer) {
	return func(r *Reading, say *sayer) {
		if !r.LastBackup.Ended.IsZero() {
			say.value(value(&r.LastBackup))
		}
	}
}
