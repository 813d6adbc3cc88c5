package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.right;

import io.github.swscan.report.AblationReport;
import io.github.swscan.report.text.Numbers;
import io.github.swscan.scan.AblationPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What {@code swscan ablate} prints. */
public final class AblationScreen {

    /** Weights of a copy that are not what was wanted. */
    private static final int MOST_WRITTEN = 6;

    private final Screen screen;

    public AblationScreen(Screen screen) {
        this.screen = screen;
    }

    /** How many variants were run, and in how many readings. */
    void plan(AblationPlan plan) {
        screen.value(
                "variants",
                "%s, side by side with the original in %s%s"
                        .formatted(
                                Numbers.grouped(plan.variants()),
                                readings(plan.readings()),
                                plan.furtherReadings() == 0
                                        ? ""
                                        : ", %s for the continuations".formatted(readings(plan.furtherReadings()))));
        screen.blank();
        screen.flush();
    }

    private static String readings(int count) {
        return count == 1 ? "1 reading" : Numbers.grouped(count) + " readings";
    }

    /** The copy, and what of it is not as it was wanted. */
    public void copy(AblationReport.Copy copy, String folder) {
        List<AblationReport.WrittenWeight> others = copy.weights().stream()
                .filter(weight -> weight.stored() != weight.wanted())
                .toList();
        if (!others.isEmpty()) {
            screen.blank();
            screen.heading("Stored in the copy, where no code stands for the value wanted");
            screen.table(
                    List.of(
                            left("tensor"),
                            right("row"),
                            right("column"),
                            right("was"),
                            right("wanted"),
                            right("stored"),
                            right("code").ifRoom()),
                    others.stream()
                            .limit(MOST_WRITTEN)
                            .map(weight -> new Object[] {
                                weight.tensor(),
                                weight.row(),
                                weight.column(),
                                Numbers.value(weight.from()),
                                Numbers.value(weight.wanted()),
                                Numbers.value(weight.stored()),
                                shown(weight.code(), "")
                            })
                            .toList());
            if (others.size() > MOST_WRITTEN) {
                screen.paragraph("and %d more, see the report".formatted(others.size() - MOST_WRITTEN));
            }
            screen.paragraph("As it is stored, %s has a perplexity of %s, %s the original's; KL %s nats a token."
                    .formatted(
                            copy.variant(),
                            Numbers.value(copy.effect().perplexity()),
                            Numbers.ratio(copy.effect().perplexityRatio().value()),
                            Numbers.nats(copy.effect().klDivergence().value())));
        }
        screen.text("Copy with " + copy.variant() + ": " + folder);
        screen.flush();
    }

    public void result(AblationReport report, List<Path> reportFiles) {
        screen.heading("Weights");
        weights(report);
        screen.blank();
        screen.heading("What changing them does");
        VariantsTable.print(report, screen);
        screen.blank();
        interactions(report);
        shifts(report);
        report.generation().ifPresent(generation -> {
            screen.blank();
            ContinuationsTable.print(report, generation, screen);
            screen.blank();
        });
        report.notes().forEach(screen::paragraph);
        reportFiles.forEach(file -> screen.text("Report: " + file));
        screen.flush();
    }

    /** Weights, and the rows and columns among them, by their numbers. */
    private void weights(AblationReport report) {
        boolean mixture = Stream.concat(
                        report.weights().stream().map(AblationReport.Weight::expert),
                        report.lines().stream().map(AblationReport.Line::expert))
                .anyMatch(Optional::isPresent);
        List<TableColumn> columns = List.of(
                left("#"),
                left("tensor"),
                right("expert").visible(mixture),
                right("row"),
                right("column"),
                right("value"));
        SortedMap<Integer, Object[]> rows = new TreeMap<>();
        report.weights()
                .forEach(weight -> rows.put(weight.number(), new Object[] {
                    "#" + weight.number(),
                    weight.tensor(),
                    shown(weight.expert(), ""),
                    weight.row(),
                    weight.column(),
                    Numbers.value(weight.value())
                }));
        report.lines()
                .forEach(line -> rows.put(line.number(), new Object[] {
                    "#" + line.number(),
                    line.tensor(),
                    shown(line.expert(), ""),
                    shown(line.row(), "all"),
                    shown(line.column(), "all"),
                    ""
                }));
        screen.table(columns, List.copyOf(rows.values()));
    }

    private static String shown(Optional<Integer> number, String otherwise) {
        return number.map(Object::toString).orElse(otherwise);
    }

    private void interactions(AblationReport report) {
        List<Object[]> rows = new ArrayList<>();
        for (AblationReport.Variant variant : report.variants()) {
            variant.interaction()
                    .ifPresent(interaction -> rows.add(new Object[] {
                        variant.description(),
                        Numbers.nats(interaction.sum()),
                        Numbers.nats(interaction.joint()),
                        Numbers.nats(interaction.excess())
                    }));
        }
        if (!rows.isEmpty()) {
            screen.heading("Together and alone, in nats of mean NLL");
            screen.table(List.of(left("pair"), right("sum of each"), right("together"), right("excess")), rows);
            screen.paragraph(
                    "excess above 0: each hides what the other does; below 0: one alone does much of the damage");
            screen.blank();
        }
        for (AblationReport.Variant variant : report.variants()) {
            variant.recovery()
                    .ifPresent(
                            recovery -> screen.paragraph("putting the super activation back recovers %s of the damage"
                                    .formatted(Numbers.percentage(recovery))));
        }
    }

    /** The tokens that gain and lose most when all weights are removed. */
    private void shifts(AblationReport report) {
        report.variants().stream()
                .filter(variant -> variant.kind().equals("remove")
                        && variant.weights().size()
                                == report.weights().size() + report.lines().size())
                .findFirst()
                .ifPresent(variant -> {
                    screen.paragraph(
                            "tokens that gain most when " + variant.description() + ": " + named(variant.gained()));
                    screen.paragraph("tokens that lose most: " + named(variant.lost()));
                });
    }

    private static String named(List<AblationReport.ProbabilityShift> shifts) {
        return shifts.stream()
                .map(shift -> "%s %s -> %s"
                        .formatted(
                                shift.text()
                                        .map(text -> "'" + Screen.inOneLine(text) + "'")
                                        .orElse("token " + shift.token()),
                                Numbers.percentage(shift.before()),
                                Numbers.percentage(shift.after())))
                .collect(Collectors.joining(", "));
    }
}
