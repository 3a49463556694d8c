package api

import (
	"maps"
	"slices"

	"miniflow/internal/spelling"
	"miniflow/order"
)

// The members of Alipay's blocks that are known here. Others are sent along all the
// same, for Alipay adds some without a word; a slip of the pen would be as silent.
var (
	formalMembers = []string{
		"alipay_account", "app_name", "cert_name", "cert_no", "contact_name", "contact_phone", "is_individual", "legal_personal_name", "license_pic",
	}
	trialMembers      = []string{"app_name", "auth_notify_url", "uid"}
	submissionMembers = []string{
		"app_desc", "app_english_name", "app_name", "app_slogan", "audit_rule", "auto_online", "files", "license_name", "license_no",
		"license_valid_date", "memo", "mini_category_ids", "permit_registration_limit_release", "region_type", "service_email",
		"service_phone", "service_region_info", "speed_up", "test_accout", "test_password", "version_desc",
	}
	fileMembers = []string{
		"app_logo", "fifth_license_pic", "fifth_screen_shot", "first_license_pic", "first_screen_shot", "first_special_license_pic",
		"fourth_license_pic", "fourth_screen_shot", "out_door_pic", "second_license_pic", "second_screen_shot", "second_special_license_pic",
		"test_file_name", "third_license_pic", "third_screen_shot", "third_special_license_pic",
	}
)

// membersOf are those of create; without a kind, of either.
func membersOf(kind order.Kind) []string {
	switch kind {
	case order.KindFormal:
		return formalMembers
	case order.KindTrial:
		return trialMembers
	default:
		return slices.Concat(formalMembers, trialMembers)
	}
}

// unknownMembers warns of what Alipay may not know either.
func unknownMembers(kind order.Kind, create alipayFields, submission submissionBody) []FieldProblem {
	warnings := strangers("create", create, membersOf(kind))
	warnings = append(warnings, strangers("submission", submission, submissionMembers)...)
	var unused fieldList
	return append(warnings, strangers("submission.files", readFiles(submission["files"], &unused), fileMembers)...)
}

// strangers are the members of a block that are not known, with the known one that
// each may stand for.
func strangers[T any](path string, block map[string]T, known []string) []FieldProblem {
	var found []FieldProblem
	for _, name := range slices.Sorted(maps.Keys(block)) {
		if slices.Contains(known, name) || len(found) == maxFieldProblems {
			continue
		}
		message := "Alipay's page of the call lists no such field; it is sent as it is"
		if meant := spelling.Nearest(name, known); meant != "" {
			message += "; did you mean " + meant + "?"
		}
		found = append(found, FieldProblem{Field: fieldName(join(path, name)), Message: message})
	}
	return found
}

// warner is a body of which there may be something to warn.
type warner interface{ warnings() []FieldProblem }

func (b startBody) warnings() []FieldProblem {
	return unknownMembers(b.Kind, b.Create, b.Submission)
}

func (b provideInputBody) warnings() []FieldProblem {
	return unknownMembers("", b.Create, b.Submission)
}

func (b resubmitBody) warnings() []FieldProblem { return unknownMembers("", nil, b.Submission) }
