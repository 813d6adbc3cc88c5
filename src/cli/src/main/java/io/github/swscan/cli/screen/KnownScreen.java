package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.right;

import io.github.swscan.report.KnownReport;
import io.github.swscan.report.KnownReport.Here;
import io.github.swscan.report.KnownReport.Model;
import io.github.swscan.report.KnownReport.Weight;
import java.util.List;
import java.util.Optional;

/** What {@code swscan known} prints: a table for each model of which something is published. */
public final class KnownScreen {

    private static final String NONE = "-";

    private final Screen screen;

    public KnownScreen(Screen screen) {
        this.screen = screen;
    }

    public void print(KnownReport report) {
        report.model().ifPresent(path -> {
            screen.value("model", path);
            screen.blank();
        });
        if (report.published().isEmpty()) {
            screen.paragraph("no published super weight is known for models of this family and shape");
        } else {
            report.published().forEach(model -> print(model, report.model().isPresent()));
            screen.paragraph("alone, together: what removing them did; x1.5: the perplexity on WikiText-2 was 1.5 "
                    + "times that of the whole model. Layers, rows and columns count from 0.");
            report.model().ifPresent(path -> report.published().stream()
                    .flatMap(published -> published.weights().stream())
                    .filter(weight -> weight.here().isPresent())
                    .findFirst()
                    .ifPresent(weight -> screen.text(
                            "What removing one does here: swscan ablate " + path + " --weight " + weight.place())));
        }
        screen.flush();
    }

    private void print(Model model, boolean looked) {
        screen.heading(model.name());
        screen.paragraph("%s, %d layers, hidden size %d, intermediate size %d"
                .formatted(model.family(), model.layers(), model.hiddenSize(), model.intermediateSize()));
        screen.table(
                List.of(
                        left("weight"),
                        right("value"),
                        left("alone"),
                        right("here").visible(looked),
                        left("").visible(looked)),
                model.weights().stream().map(KnownScreen::row).toList());
        model.together().ifPresent(effect -> screen.value("together", effect));
        screen.value(
                "source",
                switch (model.how()) {
                    case MEASURED, PUBLISHED -> model.source();
                    case BY_EYE -> model.source() + " (found by eye)";
                });
        screen.blank();
    }

    private static Object[] row(Weight weight) {
        return new Object[] {
            weight.place(),
            weight.value().map(Object::toString).orElse(NONE),
            weight.alone().orElse(NONE),
            weight.here().flatMap(Here::value).map(Object::toString).orElse(NONE),
            weight.here().map(here -> comparison(weight.value(), here)).orElse("no such weight")
        };
    }

    private static String comparison(Optional<Double> published, Here here) {
        if (published.isEmpty()) {
            return "no value published";
        }
        return here.asPublished() ? "as published" : "another value";
    }
}
