package mailparse

import "slices"

// newest keeps the filled-in forms of the least age, of which each stands for
// a case of its own; an empty template counts only in the mail's own text.
func newest(forms []foundForm) []foundForm {
	age := -1
	for _, f := range forms {
		if f.filled == 0 {
			continue
		}
		if age < 0 || f.age < age {
			age = f.age
		}
	}
	if age >= 0 && loneNumber(forms, age) {
		// "Case number: 1 - please see the form below": that form counts.
		for _, f := range forms {
			if f.age > age && f.filled >= 3 && f.CaseNumber == forms[firstAt(forms, age)].CaseNumber {
				return atAge(forms, f.age)
			}
		}
	}
	if age < 0 {
		for _, f := range forms {
			if f.age == 0 && f.labels >= 3 {
				return []foundForm{f}
			}
		}
		return nil
	}
	return atAge(forms, age)
}

func firstAt(forms []foundForm, age int) int {
	return slices.IndexFunc(forms, func(f foundForm) bool { return f.age == age && f.filled > 0 })
}

func loneNumber(forms []foundForm, age int) bool {
	for _, f := range forms {
		if f.age == age && f.filled > 0 && (f.labels > 1 || f.CaseNumber == "") {
			return false
		}
	}
	return true
}

func atAge(forms []foundForm, age int) []foundForm {
	var kept []foundForm
	for _, f := range forms {
		if f.age != age || f.filled == 0 {
			continue
		}
		same := false
		for i, k := range kept {
			if k.CaseNumber == f.CaseNumber && (f.CaseNumber != "" || k.Form.equal(f.Form)) {
				same = true
				if f.filled > k.filled {
					kept[i] = f
				}
			}
		}
		if !same {
			kept = append(kept, f)
		}
	}
	// An empty copy beside a filled form, or a stray pair of rows, is none.
	if len(kept) > 1 {
		var full []foundForm
		for _, f := range kept {
			if f.labels >= 2 {
				full = append(full, f)
			}
		}
		if len(full) > 0 {
			return withoutStubs(full)
		}
	}
	return kept
}

func (f Form) equal(o Form) bool {
	for _, field := range fields {
		if fold(*f.value(field)) != fold(*o.value(field)) {
			return false
		}
	}
	return true
}

// withoutStubs drops a form that holds next to nothing beside a full one.
func withoutStubs(forms []foundForm) []foundForm {
	most := 0
	for _, f := range forms {
		most = max(most, f.filled)
	}
	var kept []foundForm
	for _, f := range forms {
		if most < 3 || f.filled > 1 || f.CaseNumber != "" {
			kept = append(kept, f)
		}
	}
	return kept
}
