package io.github.swscan.report.text;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Effect;
import io.github.swscan.report.DetectionReport.OtherSpike;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.WeightSet;
import io.github.swscan.report.Verdict;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a detection comes to, in a few sentences: the strongest finding first, then what else has as strong a verdict. */
public final class Conclusion {

    private static final List<String> NUMBERS =
            List.of("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten");

    private final DetectionReport report;
    private final EffectUnit unit;

    private Conclusion(DetectionReport report) {
        this.report = report;
        this.unit = EffectUnit.of(report);
    }

    public static String of(DetectionReport report) {
        return new Conclusion(report).text();
    }

    private String text() {
        if (report.holdsUnsafePickle()) {
            return report.notes().get(0);
        }
        if (report.brokeDown()) {
            return "This model computes numbers that are not finite: nothing could be proven.";
        }
        Optional<SuperWeight> weight = strongestWeight();
        if (weight.isPresent() && report.schemaVersion().startsWith("1.")) {
            return "Weights were judged %s, alone or with others of their group: a report of schema 1 does not tell which."
                    .formatted(report.verdict().map(Verdict::toString).orElse("to matter"));
        }
        Optional<WeightSet> set = report.sets().stream()
                .findFirst()
                .filter(first -> weight.isEmpty()
                        || unit.size(first.effect()) > unit.size(weight.get().effect()));
        List<String> told = set.map(this::names)
                .orElseGet(() -> weight.stream().map(SuperWeight::name).toList());
        String finding = set.map(this::carriedBy)
                .orElseGet(() -> weight.map(this::carriedBy).orElseGet(this::nothing));
        return Stream.of(Stream.of(finding), moreWeights(told), moreSets(told), flipped())
                .flatMap(sentences -> sentences)
                .collect(Collectors.joining(" "));
    }

    /** Of the members of a set, as those of super weights. */
    private List<String> names(WeightSet set) {
        return set.members().stream()
                .map(member -> report.superWeight(member).map(SuperWeight::name).orElse(member))
                .toList();
    }

    private Optional<SuperWeight> strongestWeight() {
        return report.superWeights().stream()
                .filter(weight -> weight.verdict() != Verdict.HARMLESS)
                .max(Comparator.comparingDouble(weight -> unit.size(weight.effect())));
    }

    private String nothing() {
        List<OtherSpike> tested = report.otherSpikes().stream()
                .filter(spike -> spike.effect().isPresent())
                .sorted(Comparator.comparingDouble(this::size))
                .toList();
        if (tested.isEmpty()) {
            return "No super weight: no weight adds much to the residual stream.";
        }
        double strongest = size(tested.get(tested.size() - 1));
        String effect = unit.sentence(strongest) + likeOrdinaryWeights(tested.get(tested.size() - 1));
        if (tested.size() == 1) {
            return "No super weight: removing the one that was tested " + effect + ".";
        }
        return unit.isNothing(strongest)
                ? "No super weight: removing any of the %s tested weights does next to nothing."
                        .formatted(number(tested.size()))
                : "No super weight: of the %s tested weights, removing the strongest %s."
                        .formatted(number(tested.size()), effect);
    }

    private double size(OtherSpike spike) {
        return unit.size(spike.effect().orElseThrow());
    }

    /** Why a weight is harmless though its effect reaches a threshold, as the end of a sentence; else nothing. */
    private String likeOrdinaryWeights(OtherSpike spike) {
        return spike.reason().equals("harmless")
                        && size(spike) >= report.settings().thresholds().moderate()
                        && !unit.isNothing(size(spike))
                ? ", which ordinary weights do as well"
                : "";
    }

    private String carriedBy(SuperWeight weight) {
        String effect = unit.sentence(unit.size(weight.effect()));
        String name = place(weight.row(), weight.column(), weight.layer(), weight.expert());
        return weight.verdict() == Verdict.CRITICAL
                ? "One weight carries this model: removing %s %s.".formatted(name, effect)
                : "No weight is critical alone. Removing %s %s, which is %s.".formatted(name, effect, weight.verdict());
    }

    private String carriedBy(WeightSet set) {
        int size = set.members().size();
        boolean gradual = set.kind().equals("gradual");
        return "%s weights in %s %s%s: removing %s %s; %s."
                .formatted(
                        capital(number(size)),
                        layers(set),
                        set.verdict() == Verdict.CRITICAL ? "carry this model" : "matter together",
                        gradual ? " little by little" : "",
                        size == 2 ? "both" : "all " + number(size),
                        unit.sentence(unit.size(set.effect())),
                        gradual ? leftIn(set) : alone(set));
    }

    /** What each member of a set does alone, as the rest of a sentence about all of them. */
    private String alone(WeightSet set) {
        List<Double> alone = set.alone().stream()
                .map(unit::size)
                .sorted(Comparator.reverseOrder())
                .toList();
        double strongest = alone.get(0);
        if (unit.isNothing(strongest)) {
            return (alone.size() == 2 ? "either" : "any one") + " alone does next to nothing";
        }
        if (alone.size() > 2) {
            return "none alone by more than " + Numbers.rounded(strongest);
        }
        double weaker = alone.get(1);
        return unit.isNothing(weaker)
                ? "one alone by %s, the other does next to nothing".formatted(Numbers.rounded(strongest))
                : "either alone by %s and %s".formatted(Numbers.rounded(strongest), Numbers.rounded(weaker));
    }

    /** How the damage falls where any member of a set is left in. */
    private String leftIn(WeightSet set) {
        List<Double> sizes = set.leftIn().stream().map(unit::size).sorted().toList();
        String least = Numbers.rounded(sizes.get(0));
        double most = sizes.get(sizes.size() - 1);
        return "with any one left in, still by %s, and no smaller set was found that does as much"
                .formatted(most == Double.MAX_VALUE ? least + " or more" : least + " to " + Numbers.rounded(most));
    }

    private String layers(WeightSet set) {
        List<String> layers = set.members().stream()
                .flatMap(member -> report.superWeight(member).stream())
                .map(SuperWeight::layer)
                .distinct()
                .sorted()
                .map(Object::toString)
                .toList();
        int last = layers.size() - 1;
        return last == 0
                ? "layer " + layers.get(0)
                : "layers " + String.join(", ", layers.subList(0, last)) + " and " + layers.get(last);
    }

    /** Further weights with as strong a verdict as anything. */
    private Stream<String> moreWeights(List<String> told) {
        return report.verdict().stream().flatMap(verdict -> {
            int more = (int) report.superWeights().stream()
                    .filter(weight -> weight.verdict() == verdict && !told.contains(weight.name()))
                    .count();
            return sentence(more, "weight", verdict + " alone");
        });
    }

    /** Further sets with as strong a verdict, of other weights: those that overlap tell the same again. */
    private Stream<String> moreSets(List<String> told) {
        return report.verdict().stream().flatMap(verdict -> {
            Set<String> members = new HashSet<>(told);
            int more = 0;
            for (WeightSet set : report.sets()) {
                if (set.verdict() == verdict && names(set).stream().noneMatch(members::contains)) {
                    members.addAll(names(set));
                    more++;
                }
            }
            return sentence(more, "set", verdict.toString());
        });
    }

    private static Stream<String> sentence(int more, String noun, String what) {
        return switch (more) {
            case 0 -> Stream.empty();
            case 1 -> Stream.of("One more %s is %s.".formatted(noun, what));
            default -> Stream.of("%s more %ss are %s.".formatted(capital(number(more)), noun, what));
        };
    }

    /** The sign that does most damage, where turning it is critical but removing its weight is not. */
    private Stream<String> flipped() {
        record Sign(String place, Optional<Verdict> verdict, Optional<Effect> effect) {

            static Sign of(SuperWeight weight) {
                return new Sign(
                        Conclusion.place(weight.row(), weight.column(), weight.layer(), weight.expert()),
                        weight.flipVerdict(),
                        weight.effectFlipped());
            }

            static Sign of(OtherSpike spike) {
                return new Sign(
                        Conclusion.place(spike.row(), spike.column(), spike.layer(), spike.expert()),
                        spike.flipVerdict(),
                        spike.effectFlipped());
            }
        }
        return Stream.concat(
                report.superWeights().stream()
                        .filter(weight -> weight.verdict() != Verdict.CRITICAL)
                        .map(Sign::of),
                report.otherSpikes().stream().map(Sign::of))
                .filter(sign -> sign.verdict().equals(Optional.of(Verdict.CRITICAL)))
                .max(Comparator.comparingDouble(sign -> unit.size(sign.effect().orElseThrow())))
                .map(sign -> "Turning the sign of %s %s, which is critical."
                        .formatted(
                                sign.place(),
                                unit.sentence(unit.size(sign.effect().orElseThrow()))))
                .stream();
    }

    private static String place(int row, int column, int layer, Optional<Integer> expert) {
        return "[%d, %d] in layer %d%s"
                .formatted(
                        row,
                        column,
                        layer,
                        expert.map(number -> ", expert " + number + ",").orElse(""));
    }

    private static String number(int count) {
        return count < NUMBERS.size() ? NUMBERS.get(count) : Integer.toString(count);
    }

    private static String capital(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
}
