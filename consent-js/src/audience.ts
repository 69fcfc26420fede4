/** What an exemption for measuring the audience rests on: only in notices under which nobody is asked because of it. */
export interface AudienceMeasurement {
  anonymous_statistics: true;
  /** ISO 8601. */
  data_kept: string;
  never_renewed: true;
  no_id_across_sites: true;
  /** Who measures for the site and uses nothing of it. */
  processors?: string[];
  publisher_only: true;
  sole_purpose: true;
}
