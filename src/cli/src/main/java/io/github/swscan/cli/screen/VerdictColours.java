package io.github.swscan.cli.screen;

import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.Styler;
import java.util.List;
import picocli.CommandLine.Help.Ansi;

/** Colours verdicts and spikes in tables. */
final class VerdictColours implements Styler {

    private final Ansi ansi;

    VerdictColours(Ansi ansi) {
        this.ansi = ansi;
    }

    @Override
    public List<String> styleCell(Column column, int row, int columnIndex, List<String> lines) {
        return lines.stream().map(this::coloured).toList();
    }

    private String coloured(String cell) {
        String style =
                switch (cell.replace(DetectionScreen.NEAR_THRESHOLD, "").strip()) {
                    case "critical" -> "fg(red),bold";
                    case "high" -> "fg(red)";
                    case "moderate", "spike" -> "fg(yellow)";
                    default -> "";
                };
        return style.isEmpty() ? cell : ansi.string("@|" + style + " " + cell + "|@");
    }
}
