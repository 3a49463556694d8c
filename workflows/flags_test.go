package workflows

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
	"miniflow/words"
)

// TestEveryFlagHasItsRow: the members of each group, and what else of an order's state is
// yes or no, are the rows of the table, so that a new flag is red until it is placed.
func TestEveryFlagHasItsRow(t *testing.T) {
	groups := map[order.FlagLife]reflect.Type{
		order.LifeVisit: reflect.TypeFor[visit](), order.LifeBuild: reflect.TypeFor[build](), order.LifeCourse: reflect.TypeFor[course](),
		order.LifeCharge: reflect.TypeFor[charge](), order.LifeTraces: reflect.TypeFor[traces](),
	}
	kept := map[order.FlagLife][]string{}
	grouped := map[reflect.Type]bool{}
	for life, group := range groups {
		grouped[group] = true
		for i := range group.NumField() {
			kept[life] = append(kept[life], memberName(group.Field(i)))
		}
	}
	state := reflect.TypeFor[orderState]()
	for i := range state.NumField() {
		field := state.Field(i)
		of := field.Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if of.Kind() == reflect.Bool {
			kept[order.LifeOrder] = append(kept[order.LifeOrder], memberName(field))
		}
		delete(grouped, field.Type)
	}
	if len(grouped) > 0 {
		t.Errorf("an order does not carry %v", grouped)
	}
	rows := map[order.FlagLife][]string{}
	for _, flag := range order.Flags() {
		rows[flag.Life] = append(rows[flag.Life], flag.Name)
	}
	for _, life := range order.FlagLives() {
		slices.Sort(rows[life])
		slices.Sort(kept[life])
		if diff := cmp.Diff(rows[life], kept[life]); diff != "" {
			t.Errorf("flags of life %s: rows of the table (-) and fields (+); place the new one in order/flags.go:\n%s", life, diff)
		}
	}
}

func memberName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// TestAMoveEndsAVisit: with every flag set, each row of the table of moves leads to a
// stage without one flag of the visit before, keeps what lives longer, and ends the
// approval that was wanted of the stage it leaves.
func TestAMoveEndsAVisit(t *testing.T) {
	for _, move := range order.Moves() {
		inWorkflow(t, func(ctx workflow.Context) {
			input := order.Input{Schedules: order.DefaultSchedules()}
			o := &orderRun{input: input, orderState: newOrderState(input), cancellable: ctx}
			for _, group := range []any{&o.Visit, &o.orderState.build, &o.course, &o.charge, &o.traces} {
				fillByName(reflect.ValueOf(group).Elem(), "flag")
			}
			o.Stage, o.Authorization, o.AskFirst = move.From, order.AuthorizationAuthorized, move.From
			before := o.orderState
			if !o.move(ctx, move.On, words.Plain("moved")) || o.Stage != move.To {
				t.Fatalf("%+v did not take place", move)
			}
			visits := reflect.ValueOf(o.Visit)
			for i := range visits.NumField() {
				if !visits.Field(i).IsZero() {
					t.Errorf("%s of %s is still set after %s", visits.Type().Field(i).Name, move.From, move.On)
				}
			}
			want := before.course
			want.AskFirst = ""
			for name, pair := range map[string][2]any{
				"build": {before.build, o.orderState.build}, "course": {want, o.course}, "charge": {before.charge, o.charge}, "traces": {before.traces, o.traces},
			} {
				if !reflect.DeepEqual(pair[0], pair[1]) {
					t.Errorf("%s on %s: %s was %+v, is %+v", move.From, move.On, name, pair[0], pair[1])
				}
			}
		})
	}
}

// TestABuildBeginsAgain: what says that a version is at Alipay is forgotten, and the number
// with it where Miniflow chose it. What was learned on the way is kept.
func TestABuildBeginsAgain(t *testing.T) {
	for _, own := range []bool{true, false} {
		state := orderState{Version: order.Version{AppVersion: "0.0.7"}}
		fillByName(reflect.ValueOf(&state.build).Elem(), "build")
		state.OwnNumber = own
		before := state.build
		state.beginBuild()
		before.Reserved, before.Uploaded, before.Experience = false, false, nil
		if !reflect.DeepEqual(state.build, before) || (state.Version.AppVersion == "") != own {
			t.Errorf("own number %v: %+v, version %q", own, state.build, state.Version.AppVersion)
		}
	}
}
