import { createTheme, rem, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** A still lake under a grey sky: one accent, quiet neutrals, and colour kept for what needs a person. */
const lake: MantineColorsTuple = [
  '#eaf5f8',
  '#d5e9ee',
  '#abd5df',
  '#7cbecd',
  '#54a6b9',
  '#338fa5',
  '#1d7b91',
  '#11697c',
  '#0c5666',
  '#084450',
];

const gray: MantineColorsTuple = [
  '#f7f9fa',
  '#eff2f4',
  '#e2e7ea',
  '#d2d9de',
  '#b9c3ca',
  '#8b979f',
  '#5d6a73',
  '#46525b',
  '#2f3a42',
  '#1b242a',
];

const dark: MantineColorsTuple = [
  '#dde3e7',
  '#bac4cb',
  '#98a4ad',
  '#66737d',
  '#3c4850',
  '#2d373f',
  '#222b32',
  '#192026',
  '#12181d',
  '#0c1115',
];

/** The heading of a dialog is no banner: one dialog may open another. */
const DIALOG = { header: { role: 'none' } };

export const theme = createTheme({
  primaryColor: 'lake',
  primaryShade: { light: 7, dark: 7 },
  colors: { lake, gray, dark },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: rem(24), lineHeight: '1.3' },
      h2: { fontSize: rem(16), lineHeight: '1.4' },
      h3: { fontSize: rem(14), lineHeight: '1.45' },
    },
  },
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Button: { defaultProps: { size: 'sm', fw: 500 } },
    // Its hidden first stop would be a child that a menu may not have.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: {
      styles: { title: { fontWeight: 600 } },
      defaultProps: {
        centered: true,
        closeButtonProps: { 'aria-label': 'Close' },
        radius: 'lg',
        padding: 'lg',
        attributes: DIALOG,
      },
    },
    Drawer: {
      styles: { title: { fontWeight: 600 } },
      defaultProps: {
        closeButtonProps: { 'aria-label': 'Close' },
        position: 'right',
        padding: 'lg',
        attributes: DIALOG,
      },
    },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } },
    Tabs: { styles: { list: { flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' } } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250 } },
  },
});

/** Lines and surfaces of both schemes; the tones of states live in status.module.css. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1b242a',
    '--mantine-color-dimmed': '#5d6a73',
    '--mantine-color-placeholder': '#6b7780',
    '--mantine-color-error': '#b3261e',
    '--page': '#f5f7f8',
    '--card': '#ffffff',
    '--line': '#e2e7ea',
  },
  dark: {
    '--mantine-color-body': '#192026',
    '--mantine-color-text': '#dde3e7',
    '--mantine-color-dimmed': '#98a4ad',
    '--mantine-color-placeholder': '#8793a0',
    '--mantine-color-error': '#ff8f85',
    '--mantine-color-anchor': '#7cbecd',
    '--page': '#12181d',
    '--card': '#192026',
    '--line': '#2b353d',
  },
});
